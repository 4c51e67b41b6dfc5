// A few rounds of tests/fault/kill; the command of that name makes as many as one likes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killRounds } from './kill.mjs';

const ROUNDS = 6;

test(`after ${ROUNDS} rounds of kills under load every answered ask is in the log`, async (t) => {
    const found = await killRounds('kill-short', ROUNDS, { seed: 5 });
    assert.ok(Object.values(found.killed).reduce((sum, count) => sum + count, 0) >= ROUNDS);
    assert.ok(found.kept > 100);
    t.diagnostic(JSON.stringify(found));
});
