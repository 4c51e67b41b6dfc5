// The time of a batch of 100 asks about people who are not available, by reason, on a warm
// connection, the reasons in random order within each round; differences are taken within a round.
// As a control, one more class that is refused before the read: a difference that should be seen.
// --same: five groups of people refused for the same reason stand in for the five reasons; what
// differs then is people and noise.
import { parseArgs } from 'node:util';
import { demonstration } from './lib/demo.mjs';
import { buildLoad, load } from './lib/generator.mjs';
import { ladderAsk, population, REASONS, sameSubjectFor } from './lib/ladder.mjs';
import { addBusiness, addParty } from './lib/rights.mjs';
import { friedman5, median, pairedDifference, pairs, pairTable, quantile, shuffled } from './lib/stats.mjs';
import { serve } from './lib/server.mjs';

const BATCH = 100;
const CONTROL = 'refused before the read (control)';
const CLASSES = [...REASONS, CONTROL];
const PROVINCE = ['--population', 'permanent_residence.province=79@2021-07-01'];
// One party asks for so many rounds: guessing allows it five misses on one number, and 20,000
// refusals are recorded at once.
const ROUNDS_OF_PARTY = 30;
const ROUNDS_WARM = 3;
const { values } = parseArgs({
    options: {
        rounds: { type: 'string', default: '300' }, json: { type: 'boolean' },
        same: { type: 'boolean', default: false },
        // Goes on after --rounds until so many microseconds would be seen between any two reasons,
        // or the minutes are over.
        until: { type: 'string' }, minutes: { type: 'string', default: '10' },
    },
});
const parties = Math.ceil(Number(values.rounds) / ROUNDS_OF_PARTY);

await buildLoad();
const demo = await demonstration('timing');
// In no order: in the order of the register the asks of a batch would touch a tenth of its pages,
// and those about unknown numbers, whose neighbours lie anywhere, all of them.
const people = Object.fromEntries(Object.entries(await population(demo)).map(([group, list]) =>
    [group, Array.isArray(list) ? shuffled(list) : list]));
const server = await serve(demo);

// All batches of one party over one connection; per round the microseconds an ask of each class.
async function measure(name) {
    await addParty(demo, name,
        { class: 'state', channel: 'province_one_stop', instrument: null });
    await addBusiness(demo, `T-${name}`, name, { channels: 'province_one_stop', args: PROVINCE });
    const bodies = [];
    const orders = [];
    for (let round = 0; round < ROUNDS_WARM + ROUNDS_OF_PARTY; round++) {
        const order = shuffled(CLASSES);
        orders.push(order);
        for (const reason of order) {
            for (let i = round * BATCH; i < (round + 1) * BATCH; i++) {
                bodies.push(JSON.stringify(reason === CONTROL ?
                    ladderAsk('unknown', i, people, 'NV-NOBODY') :
                    ladderAsk(reason, i, people, `T-${name}`, values.same ?
                        sameSubjectFor(REASONS.indexOf(reason), i, people) : undefined)));
            }
        }
    }
    const found = await load(server, demo.client(name),
        { bodies, requests: bodies.length, batch: BATCH });
    const misses = bodies.length / CLASSES.length * REASONS.length;
    if (found.statuses['404'] !== misses || found.statuses['403'] !== bodies.length - misses) {
        throw new Error(`not every ask was refused as it must be: ${JSON.stringify(found.statuses)}`);
    }
    return orders.map((order, round) => Object.fromEntries(order.map((reason, i) =>
        [reason, found.batches_us[round * CLASSES.length + i] / BATCH]))).slice(ROUNDS_WARM);
}

const rounds = [];
const end = Date.now() + Number(values.minutes) * 60_000;
const wanted = () => values.until !== undefined && Date.now() < end &&
    Math.max(...pairs(REASONS, rounds).map((row) => row.detectable)) > Number(values.until);
for (let i = 0; i < parties || wanted(); i++) {
    rounds.push(...await measure(`onestop-${i}`));
}
await server.stop();
demo.remove();

const figures = CLASSES.map((reason) => {
    const list = rounds.map((times) => times[reason]);
    const found = pairedDifference(list.map((value, i) => value - rounds[i].unknown));
    return {
        reason, median_us: median(list), p10_us: quantile(list, 0.1), p90_us: quantile(list, 0.9),
        difference_us: found.median, low_us: found.low, high_us: found.high,
        detectable_us: found.detectable,
    };
});
const ranks = friedman5(rounds.map((times) => REASONS.map((reason) => times[reason])));
if (values.json) {
    process.stdout.write(`${JSON.stringify({ rounds: rounds.length, batch: BATCH, figures, ranks },
        null, 2)}\n`);
} else {
    const cell = (value) => value.toFixed(2).padStart(8);
    process.stdout.write(`${rounds.length} rounds of ${BATCH} asks a reason, microseconds an ask\n` +
        `${'reason'.padEnd(34)}  median     p10     p90 | slower than unknown in the same ` +
        'round by: median, 95 % interval, smallest difference that 80 % of such runs would show\n');
    for (const row of figures) {
        process.stdout.write(`${row.reason.padEnd(34)}${cell(row.median_us)}${cell(row.p10_us)}` +
            `${cell(row.p90_us)} | ${cell(row.difference_us)} [${cell(row.low_us)},` +
            `${cell(row.high_us)} ]${cell(row.detectable_us)}\n`);
    }
    process.stdout.write(`every two reasons: median, 95 % interval, smallest difference that 80 % of ` +
        `such runs would show\n${pairTable(pairs(REASONS, rounds))}`);
    process.stdout.write(`ranks of the five within rounds (Friedman): ${
        ranks.statistic.toFixed(2)}, p = ${ranks.p.toFixed(3)}\n`);
}
