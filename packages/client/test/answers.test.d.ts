export {};
//# sourceMappingURL=answers.test.d.ts.map