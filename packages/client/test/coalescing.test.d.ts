export {};
//# sourceMappingURL=coalescing.test.d.ts.map