// The command of tests/fault/damage.
import { parseArgs } from 'node:util';
import { damage, lines } from './damage.mjs';

const { values } = parseArgs({
    options: {
        flips: { type: 'string', default: '300' }, acts: { type: 'string', default: '300' },
        seed: { type: 'string', default: '20261125' }, only: { type: 'string' },
    },
});
const table = await damage('damage-full', Number(values.flips), {
    acts: Number(values.acts), seed: Number(values.seed),
    only: values.only && new RegExp(values.only),
});
process.stdout.write(`${lines(table)}\n`);
const missed = Object.entries(table).filter(([, row]) => row.missed.length > 0);
for (const [kind, row] of missed) {
    process.stderr.write(`missed: ${kind} at ${row.missed.join(', ')}\n`);
}
process.exitCode = missed.length > 0 ? 1 : 0;
