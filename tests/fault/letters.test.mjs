// Letters over a few kills; tests/fault/letters makes 200 of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lettersOverKills } from './letters.mjs';

test('over kills each case has one disclosure and one letter, and no number is left out', async (t) => {
    const found = await lettersOverKills({ kills: 4, seed: 5 });
    assert.equal(found.kills, 4);
    assert.ok(found.letters >= 4);
    t.diagnostic(JSON.stringify(found));
});
