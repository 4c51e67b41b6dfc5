// Plain, asserted and signed asks of one account about one person, in turn and in changing order: how
// long each takes, and by how much the signed ones take longer, round by round.
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { kycAsk } from './lib/asks.mjs';
import { Http2Client } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { addSigningKey, assertion, keyPair, messageSignature } from './lib/proofs.mjs';
import { addBusiness, addParty } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';
import { median, pairedDifference, quantile, shuffled } from './lib/stats.mjs';

const WARM = 50;
const { values: args } = parseArgs({ options: { asks: { type: 'string', default: '2000' } } });
const demo = await demonstration('signed');
const server = await serve(demo);
const key = keyPair();
await addParty(demo, 'signing');
await addBusiness(demo, 'T-SIGNED', 'signing');
await addSigningKey(demo, 'portal-key', 'signing', key);
const body = Buffer.from(JSON.stringify(kycAsk(demo.samples()[0], { business: 'T-SIGNED' })));
const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('signing') });
const own = demo.client('signing').key;
const kinds = {
    plain: async () => ({}),
    asserted: async () => ({ 'dancu-assertion': await assertion(demo, body, key,
        { claims: { party: 'signing', officer: 'lan' } }) }),
    signed: async () => messageSignature(body, own),
};
const took = { plain: [], asserted: [], signed: [] };
try {
    for (let round = -WARM; round < Number(args.asks); round++) {
        for (const kind of shuffled(Object.keys(kinds))) {
            const headers = await kinds[kind](); // made before the clock runs
            const begun = performance.now();
            const answer = await client.off.post('/v1/lookup', body, headers);
            const ms = performance.now() - begun;
            assert.equal(answer.status, 200, answer.text);
            if (round >= 0) {
                took[kind].push(ms);
            }
        }
    }
    const figures = {};
    for (const [kind, values] of Object.entries(took)) {
        const more = values.map((ms, i) => ms - took.plain[i]);
        figures[kind] = { p50_ms: median(values), p99_ms: quantile(values, 0.99),
            ...(kind === 'plain' ? {} : { more_ms: pairedDifference(more, 500) }) };
    }
    process.stdout.write(`${JSON.stringify(figures, null, 1)}\n`);
} finally {
    await client.close();
    await server.stop();
    demo.remove();
}
