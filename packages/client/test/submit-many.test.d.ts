export {};
//# sourceMappingURL=submit-many.test.d.ts.map