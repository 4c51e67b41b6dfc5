// Some inputs of tests/fuzz/differential; the command of that name tries as many as one likes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differential } from '../fuzz/differential.mjs';

const INPUTS = 5_000;

test('what our HTTP/1.1 reader accepts Node reads alike, up to the same byte', async (t) => {
    const found = await differential('http1', INPUTS, 3);
    assert.deepEqual(found.findings, []);
    assert.ok(found.agreed['accepted by both: method, target, fields, body and end alike'] > INPUTS / 20);
    t.diagnostic(JSON.stringify(found));
});

test('what our JSON reader accepts JSON.parse accepts, and their canonical forms are equal', async (t) => {
    const found = await differential('json', INPUTS, 3);
    assert.deepEqual(found.findings, []);
    assert.ok(found.agreed['accepted by both, the same canonical form'] > INPUTS / 20);
    t.diagnostic(JSON.stringify(found));
});
