// Whether the time of own_data_only tells a citizen who is in the register (I5): medians of batches
// over one session, the classes in random order within each round, differences within a round.
import { parseArgs } from 'node:util';
import { Citizens } from './lib/citizens.mjs';
import { demonstration } from './lib/demo.mjs';
import { choose, CLASSES, measure } from './lib/own_timing.mjs';
import { serve } from './lib/server.mjs';
import { median, pairTable, quantile } from './lib/stats.mjs';

const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '300' }, batch: { type: 'string', default: '30' },
        json: { type: 'boolean' } },
});
const demo = await demonstration('timing-own');
const citizens = await Citizens.open(demo);
const server = await serve(demo, { args: citizens.args });
await citizens.ready(server);
const people = choose(demo);
const me = await citizens.signIn(people.parent);
const size = { rounds: Number(values.rounds), batch: Number(values.batch) };
await measure(me, people, { rounds: 3, batch: size.batch }); // warm
const found = await measure(me, people, size);
await server.stop();
citizens.close();
demo.remove();

if (values.json) {
    process.stdout.write(`${JSON.stringify({ ...size, ...found }, null, 2)}\n`);
} else {
    process.stdout.write(`${size.rounds} rounds of ${size.batch} asks a class, microseconds an ask\n`);
    for (const name of CLASSES) {
        const list = found.times.map((times) => times[name]);
        process.stdout.write(`  ${name.padEnd(11)} median ${median(list).toFixed(1)}  p10 ${
            quantile(list, 0.1).toFixed(1)}  p90 ${quantile(list, 0.9).toFixed(1)}\n`);
    }
    process.stdout.write('differences: median, 95 % interval, smallest that 80 % of such runs would ' +
        `show\n${pairTable(found.pairs)}`);
}
