import { describe, expect, test } from 'vitest';
import { bytes, Network } from './network.js';
describe('the core', () => {
    test('three voters elect a leader, replicate and apply', () => {
        const net = new Network(3);
        net.campaign(1);
        expect(net.roles).toBe('1:leader@1 2:follower@1 3:follower@1');
        expect(net.propose(1, 'a')).toEqual({ ok: true, term: 1, index: 2 });
        expect([1, 2, 3].map((member) => net.node(member).data)).toEqual([['a'], ['a'], ['a']]);
    });
    test('with nothing to do, take gives the same empty effects', () => {
        const net = new Network(1);
        net.campaign(1);
        expect(net.core(1).hasEffects()).toBe(false);
        expect(net.core(1).take()).toBe(net.core(1).take());
    });
    test('a follower refuses proposals and names the leader', () => {
        const net = new Network(3);
        net.campaign(2);
        expect(net.core(1).propose(bytes('x'))).toEqual({ ok: false, reason: 'notLeader', leader: 2 });
    });
});
//# sourceMappingURL=raft.test.js.map