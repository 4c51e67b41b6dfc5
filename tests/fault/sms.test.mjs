// A few messages over drops and a kill; tests/fault/sms makes ten thousand of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smsOverDrops } from './sms.mjs';

test('over links that are dropped and a kill every message is answered once', async (t) => {
    const found = await smsOverDrops({ messages: 300, dropEvery: 60, kills: 1 });
    assert.ok(found.dropped >= 6, 'the centre dropped few links');
    t.diagnostic(JSON.stringify(found));
});
