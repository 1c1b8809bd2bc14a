export {};
//# sourceMappingURL=raft.test.d.ts.map