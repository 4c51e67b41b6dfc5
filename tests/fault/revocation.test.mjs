import assert from 'node:assert/strict';
import { test } from 'node:test';
import { revocation } from './revocation.mjs';

test('what is sent after the act that stops an account was answered is refused, on open connections too',
    async (t) => {
        const found = await revocation({ rounds: 3 });
        assert.ok(found.first_refusal_ms.most < 1000);
        assert.ok(found.last_answer_ms.most < 1000);
        t.diagnostic(JSON.stringify(found));
    });
