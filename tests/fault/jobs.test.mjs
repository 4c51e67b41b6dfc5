// A short job over kills; tests/fault/jobs makes a million lines of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobOverKills } from './jobs.mjs';

test('over kills every line of a job is answered, recorded, counted and billed once', async (t) => {
    const found = await jobOverKills({ lines: 12_000, kills: 4, seed: 3 });
    assert.ok(found.killed.jobs >= 1 && found.killed.core >= 1);
    assert.ok(found.verified > 50);
    t.diagnostic(JSON.stringify(found));
});
