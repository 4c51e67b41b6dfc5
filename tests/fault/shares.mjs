// What one account meets while another one asks as much as it can.
//   tests/fault/shares --seconds N --connections N --rounds N
import { parseArgs } from 'node:util';
import { residenceAsk } from '../e2e/lib/asks.mjs';
import { Http2Client } from '../e2e/lib/client.mjs';
import { sleep } from '../e2e/lib/command.mjs';
import { demonstration } from '../e2e/lib/demo.mjs';
import { buildLoad } from '../e2e/lib/generator.mjs';
import { codeOf } from '../e2e/lib/load.mjs';
import { serve } from '../e2e/lib/server.mjs';
import { quantile } from '../e2e/lib/stats.mjs';
import { GoodClients } from './lib/beside.mjs';

const STREAMS = 256; // of one connection: HTTP_STREAMS_MAX

const { values } = parseArgs({ options: {
    seconds: { type: 'string', default: '10' }, connections: { type: 'string', default: '48' },
    rounds: { type: 'string', default: '3' },
} });
const [seconds, connections, rounds] = [values.seconds, values.connections, values.rounds].map(Number);

await buildLoad();
const demo = await demonstration('shares');
const server = await serve(demo, { edges: 1 });
const person = demo.samples().find((one) => one.permanent_residence?.province === '79');
const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client('hcm-onestop') });

// One after the other.
async function ask(met) {
    for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
        const begun = performance.now();
        const answer = await client.lookup(residenceAsk(person)).catch(() => ({ json: {} }));
        const code = codeOf(answer) ?? 'no answer';
        met.codes[code] = (met.codes[code] ?? 0) + 1;
        met.took.push(performance.now() - begun);
    }
}

const alone = { codes: {}, took: [] };
const beside = { codes: {}, took: [] };
const flood = { answered: 0, good: 0 };
for (let round = 0; round < rounds; round++) {
    await ask(alone);
    const other = new GoodClients(server, 'machine', { connections, streams: STREAMS });
    await sleep(1500); // all of it is under way
    const from = other.now;
    await ask(beside);
    flood.answered += other.now.answered - from.answered;
    flood.good += other.now.good - from.good;
    other.stop();
    await sleep(1000);
}
const told = ({ codes, took }) => ({ asks: took.length, codes,
    p50_ms: Number(quantile(took, 0.5).toFixed(1)), p99_ms: Number(quantile(took, 0.99).toFixed(1)) });
process.stdout.write(`${JSON.stringify({ connections, streams: STREAMS, alone: told(alone),
    beside: told(beside), flood: { answers_a_second: Math.round(flood.answered / seconds / rounds),
        disclosed_a_second: Math.round(flood.good / seconds / rounds) } }, null, 2)}\n`);
client.destroy();
await server.stop();
demo.remove();
