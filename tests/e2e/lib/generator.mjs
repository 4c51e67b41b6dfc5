// The load generator of bench/, for tests that need more asks than Node can send.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { must, root, run, workFolder } from './command.mjs';

const program = path.join(root, 'build/bench/load');

export const buildLoad = () => must(path.join(root, 'bench/build'), []);

let files = 0;

// Sends `requests` asks, each body picked at random; what the generator counted.
export async function load(server, { certPath, keyPath }, {
    bodies, requests, connections = 8, streams = 64, seed = 1, keep, keepEvery = 1, batch, rate, timeoutMs,
}) {
    const file = path.join(workFolder, `bodies-${process.pid}-${files++}.ndjson`);
    writeFileSync(file, `${bodies.join('\n')}\n`);
    const { stdout, stderr, status } = await run(program, ['--port', String(server.port),
        '--ca', path.join(server.demo.dir, 'ca.pem'), '--cert', certPath, '--key', keyPath,
        '--bodies', file, '--requests', String(requests), '--connections', String(connections),
        '--streams', String(streams), '--seed', String(seed),
        ...(batch ? ['--batch', String(batch)] : []),
        ...(rate ? ['--rate', String(rate)] : []),
        ...(keep ? ['--keep', keep, '--keep-every', String(keepEvery)] : []),
    ], { timeoutMs });
    if (stdout === '') {
        throw new Error(`the load generator ended with ${status}: ${stderr}`);
    }
    return JSON.parse(stdout);
}
