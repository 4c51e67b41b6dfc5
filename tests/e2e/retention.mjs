// A home that was filled years ago, served today: the server shreds by itself, is killed in it, and the
// next one ends it; a backup of what is left makes a home that verifies; a stranger's auditor accepts
// log and receipts.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { SMALL } from './lib/backup.mjs';
import { binary, must, root, run, until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { scrape } from './lib/metrics.mjs';
import { serve } from './lib/server.mjs';

const { values: args } = parseArgs({ options: { asks: { type: 'string', default: '2000' },
    months: { type: 'string', default: '30' }, 'segment-kib': { type: 'string', default: '256' } } });
const tell = (line) => process.stderr.write(`${line}\n`);
const made = await must(path.join(root, 'build/unit/tests/unit/core/old_home'),
    [args.months, args.asks, args['segment-kib']], { timeoutMs: 3_600_000 });
const [first, ...receipts] = made.stdout.trim().split('\n').map((line) => JSON.parse(line));
const home = path.join(first.folder, 'home');
const keys = path.join(first.folder, 'keys');
const vkeyFile = path.join(first.folder, 'vkey.txt');
writeFileSync(vkeyFile, `${first.vkey}\n`);
const demo = await demonstration('retention', SMALL);
const json = async (words, place = home) => JSON.parse((await must(binary, [...words, '--json',
    '--home', place, '--keys', keys])).stdout);
const left = () => readdirSync(path.join(home, 'commit')).filter((name) =>
    /^[0-9]+\.(seg|key)$/.test(name)).length;

try {
    await must(binary, ['retention', 'set', '--months', '24', '--home', home, '--keys', keys]);
    await must(binary, ['hold', 'put', '--case', 'x', '--reason', 'y', '--home', home, '--keys', keys]);
    const segments = left() / 2;
    const house = Object.create(demo, { home: { value: home }, keys: { value: keys } });
    let server = await serve(house);
    await until('one is recorded', () => server.said.includes('segment-shredded'), { everyMs: 1 });
    server.signal('SIGKILL');
    await server.stop();
    tell(`killed with ${left() / 2} of ${segments} segments whole`);
    const began = Date.now();
    server = await serve(house);
    await until('the segment that is written to is left', () => left() === 2, { timeoutMs: 120_000 });
    tell(`the next server shredded the others in ${Date.now() - began} ms`);
    const counted = (state) => `dancu_retention_segments{state="${state}"}`;
    const seen = await until('the metrics tell', async () => {
        const found = await scrape(server);
        return found.of(counted('shredded')) === segments - 1 && found;
    });
    assert.equal(seen.of(counted('waiting')), 0);
    assert.equal(seen.of(counted('kept')), 0);
    const day = Math.floor((Date.now() / 1000 + 7 * 3600) / 86400) * 86400 - 7 * 3600;
    assert.equal(seen.of('dancu_retention_last_day_seconds'), day);
    await server.stop();
    const told = await json(['ledger', 'verify']);
    assert.ok(told.good && told.shredded === segments - 1, JSON.stringify(told));

    const copies = path.join(first.folder, 'copies');
    const restored = path.join(first.folder, 'restored');
    mkdirSync(copies, { mode: 0o700 });
    await must(binary, ['backup', '--to', copies, '--rate', '0', '--home', home, '--keys', keys]);
    await must(binary, ['restore', '--from', copies, '--home', restored, '--keys', keys]);
    const other = await serve(Object.create(demo, { home: { value: restored }, keys: { value: keys } }));
    await other.stop(); // it has derived the public files
    const again = await json(['ledger', 'verify'], restored);
    assert.ok(again.good && again.shredded === told.shredded, JSON.stringify(again));
    assert.deepEqual(readdirSync(path.join(restored, 'archived')).sort(),
        readdirSync(path.join(home, 'archived')).sort());
    tell('a home made of its backup verifies');

    if (existsSync(path.join(root, '../shared/tools/tlogcheck'))) {
        const auditor = (await must(path.join(root, 'tools/build-tlogcheck'), [])).stdout.trim();
        for (const at of [0, 3, receipts.length - 1]) {
            const file = path.join(first.folder, 'receipt.tlog-proof');
            writeFileSync(file, receipts[at].receipt.proof);
            const good = await run(auditor, ['-dir', path.join(home, 'ledger'), '-vkey',
                `@${vkeyFile}`, '-strict', '-proof', file]);
            assert.equal(good.status, 0, good.stdout + good.stderr);
            assert.match(good.stdout, /tlogcheck: OK/);
        }
        tell('tlogcheck accepts the log, and receipts of what was shredded');
    }
} finally {
    rmSync(first.folder, { recursive: true, force: true });
    demo.remove();
}
