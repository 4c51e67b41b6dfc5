import { test } from 'node:test';
import { retry } from './retry.mjs';

test('an answer that is cut on its way is asked for again: one ask, one record, one quota unit',
    async (t) => {
        const found = await retry({ rounds: 4 });
        t.diagnostic(`${found.rounds} rounds, ${found.kills} kills, ${found.records} entries`);
    });
