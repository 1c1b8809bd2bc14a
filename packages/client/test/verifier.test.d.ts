export {};
//# sourceMappingURL=verifier.test.d.ts.map