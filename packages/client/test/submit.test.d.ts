export {};
//# sourceMappingURL=submit.test.d.ts.map