export {};
//# sourceMappingURL=stream.test.d.ts.map