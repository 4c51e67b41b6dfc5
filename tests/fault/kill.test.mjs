// One round of tests/fault/kill for each process; the command of that name makes as many as one likes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killRounds } from './kill.mjs';

test('with each process killed under load every answered ask and act is in the log', async (t) => {
    const found = await killRounds('kill-short', { seed: 5, edges: 1 });
    for (const name of ['core', 'edge 1', 'public', 'keeper', 'supervisor', 'desk', 'verify']) {
        assert.ok(found.killed[name] >= 1, `${name} was killed`);
    }
    assert.ok(found.kept > 100);
    assert.ok(found.acts.answered > 50);
    t.diagnostic(JSON.stringify(found));
});
