import { test } from 'node:test';
import { quotas } from './quotas.mjs';

test('quotas of a day and in total are used to the last unit over kills of the core, and no further',
    async (t) => {
        t.diagnostic(JSON.stringify(await quotas({ rounds: 3 })));
    });
