// A few messages over drops and a kill; tests/fault/sms makes ten thousand of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smsOverDrops } from './sms.mjs';

test('over links that are dropped and a kill every message is answered once', async (t) => {
    const found = await smsOverDrops({ messages: 200, dropEvery: 50, kills: 1 });
    assert.ok(found.dropped >= 4, 'the centre dropped few links');
    t.diagnostic(JSON.stringify(found));
});
