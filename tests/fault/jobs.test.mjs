// A short job over kills; tests/fault/jobs makes a million lines of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobOverKills } from './jobs.mjs';

test('over kills every line of a job is answered, recorded, counted and billed once', async (t) => {
    const found = await jobOverKills({ lines: 5_000, kills: 3, seed: 3 });
    assert.deepEqual(found.killed, { jobs: 1, core: 1, 'edge 1': 1 });
    assert.ok(found.verified > 30);
    t.diagnostic(JSON.stringify(found));
});
