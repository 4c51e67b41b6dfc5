// h2load, unmodified, with a client certificate through bench/preload.c.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { HOST } from '../../tests/e2e/lib/client.mjs';
import { root, run } from '../../tests/e2e/lib/command.mjs';
import { quantile } from '../../tests/e2e/lib/stats.mjs';

const UNITS = { us: 1, ms: 1e3, s: 1e6 };
const micro = (text) => {
    const [, number, unit] = /^([0-9.]+)(us|ms|s)$/.exec(text);
    return Number(number) * UNITS[unit];
};

function read(stdout) {
    const rate = /finished in [^,]*, ([0-9.]+) req\/s/.exec(stdout);
    const codes = /status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx/.exec(stdout);
    const failed = /requests: .* (\d+) failed, (\d+) errored, (\d+) timeout/.exec(stdout);
    const time = /time for request:\s+(\S+)\s+(\S+)\s+(\S+)/.exec(stdout);
    if (!rate || !codes || !failed || !time) {
        throw new Error(`h2load said: ${stdout}`);
    }
    if (codes.slice(2).some((count) => count !== '0')) {
        throw new Error(`not everything was answered: ${codes[0]}`);
    }
    return { perSecond: Number(rate[1]), good: Number(codes[1]), meanUs: micro(time[3]) };
}

// One run against a path; a body makes it POST. `log`: also the spread of latencies.
export async function h2load(demo, { port, address, body, seconds, connections, streams, http1,
    perSecond, log }) {
    const { certPath, keyPath } = demo.client('bank');
    const file = (name) => path.join(demo.dir, name);
    const args = ['--clients', String(connections), '--max-concurrent-streams', String(streams),
        '--threads', '1', '--duration', `${Math.round(seconds * 1000)}ms`, '--warm-up-time', '1'];
    if (http1) {
        args.push('--h1');
    }
    if (body !== undefined) {
        writeFileSync(file('h2load-body'), body);
        args.push('--data', file('h2load-body'), '--header', 'content-type: application/json');
    }
    if (perSecond !== undefined) {
        args.push('--rps', String(Math.max(1, Math.round(perSecond / connections))));
    }
    if (log) {
        writeFileSync(file('h2load-log'), '');
        args.push('--log-file', file('h2load-log'));
    }
    const { stdout, stderr, status } = await run('h2load',
        [...args, `https://${HOST}:${port}${address}`], {
            env: {
                LD_PRELOAD: path.join(root, 'build/bench/preload.so'),
                DANCU_CERT: certPath, DANCU_KEY: keyPath,
            },
        });
    if (status !== 0) {
        throw new Error(`h2load: ${stderr}`);
    }
    const found = read(stdout);
    if (log) {
        const took = readFileSync(file('h2load-log'), 'utf8').trimEnd().split('\n')
            .map((line) => Number(line.split('\t')[2]));
        found.p50Us = quantile(took, 0.5);
        found.p99Us = quantile(took, 0.99);
    }
    return found;
}
