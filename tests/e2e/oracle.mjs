// The policy oracle over the wire, at any size: `tests/e2e/oracle --asks 100000 --seed 7`; and whole lists
// of people: `tests/e2e/oracle --lists 300`.
import { parseArgs } from 'node:util';
import { demonstration } from './lib/demo.mjs';
import { runLists } from './lib/lists_oracle.mjs';
import { runOracle } from './lib/oracle.mjs';
import { serve } from './lib/server.mjs';

const { values } = parseArgs({ options: {
    asks: { type: 'string', default: '20000' }, seed: { type: 'string', default: '7' },
    lists: { type: 'string' },
} });
const seed = Number(values.seed);
const demo = await demonstration('oracle-full');
const server = await serve(demo);
try {
    const { differences, ...figures } = await (values.lists === undefined ?
        runOracle(demo, server, { count: Number(values.asks), seed }) :
        runLists(demo, server, { count: Number(values.lists), seed }));
    console.log(JSON.stringify({ ...figures, differences: differences.length }, null, 2));
    console.log(differences.slice(0, 10).join('\n'));
    process.exitCode = differences.length > 0 ? 1 : 0;
} finally {
    await server.stop();
    demo.remove();
}
