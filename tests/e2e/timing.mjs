// The time of a batch of 100 asks about people who are not available, by reason, the reasons in
// random order within each round; differences are taken within a round. As a control, one more class
// that is refused before the read: a difference that must be seen.
import { parseArgs } from 'node:util';
import { Http2Client } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { ladderAsk, population, REASONS } from './lib/ladder.mjs';
import { addBusiness, addParty } from './lib/rights.mjs';
import { median, pairedDifference, quantile, shuffled } from './lib/stats.mjs';
import { serve } from './lib/server.mjs';

const BATCH = 100;
const CONTROL = 'refused before the read (control)';
const PROVINCE = ['--population', 'permanent_residence.province=79@2021-07-01'];
const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '200' }, json: { type: 'boolean' } },
});
const rounds = Number(values.rounds);
// Guessing allows five misses on one number by one party: as many parties as the rounds need.
const parties = Math.ceil(((rounds + 10) * BATCH) / 4500);

const demo = await demonstration('timing');
const people = await population(demo);
const server = await serve(demo);
const clients = [];
for (let i = 0; i < parties; i++) {
    const name = `onestop-${i}`;
    await addParty(demo, name,
        { class: 'state', channel: 'province_one_stop', instrument: null });
    await addBusiness(demo, `T-${name}`, name, { channels: 'province_one_stop', args: PROVINCE });
    const client = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client(name) });
    clients.push({ client, business: `T-${name}`, asked: 0 });
}

async function batch(reason, { client, business }, from) {
    const asks = Array.from({ length: BATCH }, (_, i) => (reason === CONTROL ?
        ladderAsk('unknown', from + i, people, 'NV-NOBODY') :
        ladderAsk(reason, from + i, people, business)));
    const bodies = asks.map((ask) => JSON.stringify(ask));
    const begun = process.hrtime.bigint();
    const answers = await Promise.all(bodies.map((body) => client.lookup(body)));
    const took = Number(process.hrtime.bigint() - begun) / 1000 / BATCH;
    const wanted = reason === CONTROL ? 403 : 404;
    const other = answers.find((answer) => answer.status !== wanted);
    if (other !== undefined) {
        throw new Error(`${reason}: ${other.status} ${other.text}`);
    }
    return took;
}

const times = Object.fromEntries([...REASONS, CONTROL].map((reason) => [reason, []]));
for (let round = -10; round < rounds; round++) {
    const who = clients[(round + 10) % clients.length];
    const from = who.asked;
    who.asked += BATCH;
    for (const reason of shuffled(Object.keys(times))) {
        const took = await batch(reason, who, from);
        if (round >= 0) { // the first ten warm up
            times[reason].push(took);
        }
    }
}
await Promise.all(clients.map(({ client }) => client.close()));
await server.stop();
demo.remove();

const all = REASONS.map((reason) => times[reason]).reduce((sum, list) =>
    list.map((value, i) => (sum[i] ?? 0) + value / REASONS.length), []);
const figures = Object.entries(times).map(([reason, list]) => {
    const found = pairedDifference(list.map((value, i) => value - all[i]));
    return {
        reason, median_us: median(list), p10_us: quantile(list, 0.1), p90_us: quantile(list, 0.9),
        difference_us: found.median, low_us: found.low, high_us: found.high,
        detectable_us: found.detectable,
    };
});
if (values.json) {
    process.stdout.write(`${JSON.stringify({ rounds, batch: BATCH, figures }, null, 2)}\n`);
} else {
    const cell = (value) => value.toFixed(2).padStart(9);
    process.stdout.write(`${rounds} rounds of ${BATCH} asks a reason, microseconds an ask\n` +
        `${'reason'.padEnd(36)}   median      p10      p90   differs from all: median, ` +
        '95 % interval, smallest that 80 % of such runs would show\n');
    for (const row of figures) {
        process.stdout.write(`${row.reason.padEnd(36)}${cell(row.median_us)}${cell(row.p10_us)}` +
            `${cell(row.p90_us)}${cell(row.difference_us)}  [${cell(row.low_us)},` +
            `${cell(row.high_us)} ]${cell(row.detectable_us)}\n`);
    }
}
