// The processes of a running server: their rights, their end, their return.
import assert from 'node:assert/strict';
import { readdirSync, renameSync, writeFileSync, readFileSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { verifyAnswer } from './lib/answer.mjs';
import { kycAsk } from './lib/asks.mjs';
import { HOST, Http2Client, protocols } from './lib/client.mjs';
import { isRoot, must, run, sleep, until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { codeOf, flood, tally } from './lib/load.mjs';
import { readCheckpoint } from './lib/note.mjs';
import { descriptors, limits, rootFolder, status, title } from './lib/proc.mjs';
import { serve, Server } from './lib/server.mjs';

let demo;
let server;
let samples;

before(async () => {
    demo = await demonstration('processes');
    server = await serve(demo, { edges: 2 });
    samples = demo.samples();
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

const connect = (name = 'bank', kind = Http2Client) =>
    new kind({ port: server.port, ca: demo.ca, ...demo.client(name) });

async function answered(client = connect()) {
    const ask = kycAsk(samples[0]);
    const answer = await client.lookup(ask);
    verifyAnswer(answer, ask, demo.vkey, { party: 'bank', account: 'bank' });
}

const children = async () => (await server.processes()).filter((row) =>
    row.process !== 'supervisor');

// Those that live in the home, as the service's own user.
const behind = (row) => ['archive', 'core', 'jobs', 'keeper', 'loader', 'worker'].includes(row.process);

describe('`dancu ps`', () => {
    test('shows every process of the table, each with its rights', async () => {
        const rows = await server.processes();
        const names = rows.map((row) => row.process).sort();
        assert.deepEqual(names, ['archive', 'core', 'desk', 'edge 1', 'edge 2', 'jobs', 'keeper', 'letter', 'loader',
            'metrics', 'public', 'supervisor', 'verify', 'worker']);
        for (const row of rows) {
            assert.equal(row.state, 'serving', row.process);
            assert.equal(row.restarts, 0);
            assert.ok(row.resident_bytes > 0);
            assert.match(row.rights, /\S/);
        }
        const rights = Object.fromEntries(rows.map((row) => [row.process, row.rights]));
        assert.match(rights['edge 1'], /files: none/);
        assert.match(rights.public, /read only/);
        assert.match(rights.core, /no network/);
    });

    test('shows people a table', async () => {
        const { status: end, stdout } = await demo.dancu(['ps']);
        assert.equal(end, 0);
        for (const word of ['core', 'edge 1', 'public', 'RIGHTS']) {
            assert.ok(stdout.includes(word), word);
        }
    });

    test('shows every right of each, as the kernel and the table have it', async () => {
        const { stdout } = await demo.dancu(['ps', '--rights', '--json']);
        for (const { process, held } of JSON.parse(stdout).processes) {
            if (process === 'supervisor') {
                continue;
            }
            assert.ok(held.call_count > 30 && held.call_count < 80, process);
            assert.ok(held.filter_mode === 2 || os.arch() !== 'x64', process);
            assert.equal(held.calls[0], 'base', process);
            assert.deepEqual(held.sends, { edge: ['asks', 'receipt', 'stats', 'grants', 'statement'],
                public: ['stats', 'letter-check', 'own', 'signin'], keeper: ['kept'],
                loader: ['chunk', 'changed', 'rotated'],
                worker: ['scrub', 'found', 'extracted', 'map', 'rotated'],
                verify: ['stamped', 'vouched', 'changes-stamped', 'signed-in'],
                desk: ['stats', 'look', 'explain'],
                jobs: ['job-who', 'job-lines', 'extracted', 'wish'], letter: ['rendered'],
                archive: ['archived'],
            }[process.split(' ')[0]] ?? [], process);
        }
        const { stdout: text } = await demo.dancu(['ps', '--rights']);
        for (const line of [/^edge 1 {2}pid \d+ {2}user /m, /^ {2}calls {5}base pipes listen: \d+ /m,
            /^ {2}landlock /m, /^ {2}sends {5}asks receipt stats grants statement$/m]) {
            assert.match(text, line);
        }
    });

    test('gives the titles that `ps` shows', async () => {
        for (const row of await children()) {
            assert.equal(title(row.pid), `dancu: ${row.process}`);
        }
    });
});

describe('rights', () => {
    test('no process can gain one, dump core or be traced by another user', async () => {
        for (const row of await children()) {
            assert.equal(status(row.pid).NoNewPrivs, '1', row.process);
            assert.equal(limits(row.pid)['Max core file size'], '0', row.process);
        }
    });

    test('started as root, every process but the supervisor is an unprivileged user', async (t) => {
        if (!isRoot) {
            t.skip('not started as root');
            return;
        }
        for (const row of await children()) {
            const { Uid, Gid, CapEff, CapPrm, CapBnd, Groups } = status(row.pid);
            assert.ok(!Uid.split(/\s+/).includes('0'), `${row.process}: ${Uid}`);
            assert.ok(!Gid.split(/\s+/).includes('0'), `${row.process}: ${Gid}`);
            assert.equal(Groups, '', row.process);
            assert.equal(BigInt(`0x${CapEff}`) | BigInt(`0x${CapPrm}`), 0n, row.process);
            assert.ok(CapBnd !== undefined);
            const { stdout } = await must('ps', ['-o', 'user:32=', '-p', String(row.pid)]);
            const user = behind(row) ? 'dancu' : 'dancu-front';
            assert.equal(stdout.trim(), user, row.process);
        }
    });

    test('no channel sees the home, the keys or any file by name', async (t) => {
        if (!isRoot) {
            t.skip('not started as root');
            return;
        }
        for (const row of await children()) {
            const seen = readdirSync(`/proc/${row.pid}/root`);
            if (['jobs', 'archive'].includes(row.process)) { // home/jobs, with nobody's lists in it
                assert.deepEqual(seen, []);
                continue;
            }
            if (behind(row)) {
                assert.ok(seen.includes('commit') && !seen.includes('etc'), row.process);
                continue;
            }
            if (row.process === 'public') {
                assert.ok(seen.every((name) => ['checkpoint', 'tile'].includes(name)), `${seen}`);
            } else {
                assert.deepEqual(seen, [], row.process);
                assert.match(rootFolder(row.pid), /deleted/);
            }
            const open = descriptors(row.pid).filter((place) => place.startsWith('/') &&
                !/^\/dev\/|deleted/.test(place));
            const allowed = row.process === 'public' ? [path.join(demo.home, 'ledger')] : [];
            assert.deepEqual(open.filter((place) => !allowed.includes(place)), [], row.process);
        }
    });

    test('no channel can write a file, and each may open only so many', async () => {
        for (const row of await children()) {
            const found = limits(row.pid);
            assert.ok(Number(found['Max open files']) <= 20_480, row.process);
            if (/^(edge|public|metrics|worker)/.test(row.process)) {
                assert.equal(found['Max file size'], '0', row.process);
            }
        }
    });

    test('the core listens on no network socket', async () => {
        const core = await server.process('core');
        const { stdout } = await must('cat', [`/proc/${core.pid}/net/tcp`]);
        const inodes = new Set(stdout.split('\n').slice(1).map((line) =>
            line.trim().split(/\s+/)[9]));
        for (const place of descriptors(core.pid)) {
            const socket = /^socket:\[(\d+)\]$/.exec(place);
            assert.ok(socket === null || !inodes.has(socket[1]), place);
        }
    });

    test('the admin socket and the keys are for their owner alone', () => {
        assert.equal(statSync(path.join(demo.home, 'admin.sock')).mode & 0o777, 0o600);
        assert.equal(statSync(demo.home).mode & 0o077, 0);
        assert.equal(statSync(demo.keys).mode & 0o077, 0);
        for (const name of readdirSync(demo.keys)) {
            assert.equal(statSync(path.join(demo.keys, name)).mode & 0o077, 0, name);
        }
    });

    test('a stranger on this machine cannot act over the admin socket', async (t) => {
        if (!isRoot) {
            t.skip('not started as root');
            return;
        }
        const { status: end } = await run('setpriv', ['--reuid=nobody', '--clear-groups', '--',
            process.execPath, '-e',
            `require('net').connect('${demo.home}/admin.sock').on('error',()=>process.exit(3))` +
            `.on('connect',()=>process.exit(0))`]);
        assert.notEqual(end, 0);
    });
});

describe('a process that is killed', () => {
    for (const name of ['edge 1', 'edge 2', 'public', 'desk', 'keeper', 'loader', 'worker', 'verify', 'jobs',
        'letter', 'archive', 'core']) {
        test(`(${name}) comes back, and the service goes on`, async () => {
            const before = await server.process(name);
            process.kill(before.pid, 'SIGKILL');
            const back = await until(`${name} serves again`, async () => {
                const row = await server.process(name);
                return row?.state === 'serving' && row.pid !== before.pid && row;
            });
            assert.equal(back.restarts, before.restarts + 1);
            await until('asks are answered', async () => {
                const client = connect();
                try {
                    return (await client.lookup(kycAsk(samples[1]))).status === 200;
                } catch {
                    return false;
                } finally {
                    client.destroy();
                }
            });
            const visitor = new Http2Client({ port: server.publicPort, ca: demo.ca });
            await until('the public listener is well', async () =>
                (await visitor.get('/healthz').catch(() => ({}))).status === 200);
            await visitor.close();
            await answered();
        });
    }

    test('again and again is started later each time, and the others serve', async () => {
        for (let i = 0; i < 3; i++) {
            const row = await until('keeper', async () => {
                const found = await server.process('keeper');
                return found?.pid > 0 && found;
            });
            process.kill(row.pid, 'SIGKILL');
            await answered();
        }
        await until('the keeper serves', async () =>
            (await server.process('keeper')).state === 'serving');
    });

    test('together with all others comes back', async () => {
        const before = await children();
        for (const row of before) {
            process.kill(row.pid, 'SIGKILL');
        }
        await until('all serve', async () => (await children()).every((row) =>
            row.state === 'serving' && !before.some((old) => old.pid === row.pid)));
        await answered();
    });
});

test('an ask in hand when the core dies gets 503 or a closed stream, never a wrong answer',
    async () => {
        const client = connect();
        await answered(client);
        const core = await server.process('core');
        const flight = flood(400, 100, async (i) => {
            const ask = kycAsk(samples[i % 100]);
            const answer = await client.lookup(ask).catch((error) => ({ error }));
            return [ask, answer];
        });
        await sleep(20);
        process.kill(core.pid, 'SIGKILL');
        const found = await flight;
        for (const [ask, answer] of found) {
            if (answer.error) {
                continue;
            }
            if (answer.status === 200) {
                verifyAnswer(answer, ask, demo.vkey, { party: 'bank', account: 'bank' });
            } else {
                assert.equal(answer.status, 503, answer.text);
                assert.ok(Number(answer.headers['retry-after']) > 0);
            }
        }
        client.destroy();
        await until('asks are answered again', async () => {
            const other = connect();
            const answer = await other.lookup(kycAsk(samples[0])).catch(() => ({}));
            other.destroy();
            return answer.status === 200;
        });
    });

const issuedTo = (port) => new Promise((resolve, reject) => {
    const socket = tls.connect({ host: HOST, port, ca: demo.ca, servername: 'localhost' });
    socket.on('secureConnect', () => {
        resolve(socket.getPeerCertificate().serialNumber);
        socket.destroy();
    });
    socket.on('error', reject);
});

// What a client may send again without a thought: the server has not looked at it (RFC 9113 section
// 8.7), or was not even reached.
const isRefused = (error) => /REFUSED_STREAM|GOAWAY|before secure TLS connection|closed by 8/
    .test(`${error.code} ${error.message}`);

// Size of the log as it is published once nothing more comes.
async function logSize() {
    await sleep(1500);
    const visitor = new Http2Client({ port: server.publicPort, ca: demo.ca });
    const { text } = await visitor.get('/ledger/checkpoint');
    await visitor.close();
    return readCheckpoint(text, demo.vkey).size;
}

test('SIGHUP takes new certificates and revocations, drops no ask and records none twice', async (t) => {
    const sizeBefore = await logSize();
    const old = await issuedTo(server.port);
    const file = (name) => path.join(demo.tls, name);
    await must('openssl', ['req', '-new', '-key', file('key.pem'), '-subj', '/CN=localhost',
        '-out', file('request.pem')]);
    writeFileSync(file('extensions'), 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n' +
        'extendedKeyUsage=serverAuth\n');
    await must('openssl', ['x509', '-req', '-in', file('request.pem'), '-days', '30',
        '-CA', path.join(demo.dir, 'ca.pem'), '-CAkey', file('ca-key.pem'),
        '-set_serial', '0x5eed', '-extfile', file('extensions'), '-out', file('new.pem')]);
    renameSync(file('new.pem'), file('cert.pem'));
    await revoke('notary');

    const client = connect();
    let again = 0;
    const load = flood(3000, 20, async (i) => {
        for (;;) {
            try {
                return codeOf(await client.lookup(kycAsk(samples[i % 100])));
            } catch (error) {
                assert.ok(isRefused(error), error.message);
                again++;
            }
        }
    });
    server.signal('SIGHUP');
    assert.deepEqual(tally(await load), { disclosed: 3000 });
    t.diagnostic(`${again} of 3,000 asks were refused unread and sent again`);
    assert.ok(again < 100, `${again} asks sent again`);
    assert.equal(await logSize(), sizeBefore + 3000);
    await client.close();
    await until('the new certificate is shown', async () =>
        (await issuedTo(server.port)) !== old && (await issuedTo(server.publicPort)) !== old);
    for (const kind of protocols) {
        await until('the revoked certificate is refused', async () => {
            const notary = connect('notary', kind);
            const answer = await notary.lookup(kycAsk(samples[0]));
            await notary.close();
            return answer.status === 401;
        });
    }
    await until('the old processes are gone', async () =>
        (await server.processes()).every((row) => row.state === 'serving'));
    await answered();
});

// A revocation list with one more client on it, in place of the old one.
async function revoke(name) {
    const file = (part) => path.join(demo.tls, part);
    const database = path.join(demo.tls, 'index.txt');
    const { cert } = demo.client(name);
    const { X509Certificate } = await import('node:crypto');
    const serial = new X509Certificate(cert).serialNumber;
    writeFileSync(database, `R\t991231235959Z\t210101000000Z\t${serial}\tunknown\t/CN=${name}\n`);
    writeFileSync(file('crl.cnf'), `[ca]\ndefault_ca=d\n[d]\ndatabase=${database}\n` +
        'default_md=sha256\ndefault_crl_days=30\n' +
        `certificate=${path.join(demo.dir, 'ca.pem')}\nprivate_key=${file('ca-key.pem')}\n`);
    await must('openssl', ['ca', '-config', file('crl.cnf'), '-gencrl', '-out', file('crl.new')]);
    renameSync(file('crl.new'), file('crl.pem'));
    assert.match(readFileSync(file('crl.pem'), 'utf8'), /BEGIN X509 CRL/);
}

test('a second server on the same home does not start, and the first goes on', async () => {
    const second = new Server(demo);
    await assert.rejects(second.start(), /ended at once/);
    await answered();
});

test('acts by hand while the server runs go to the server, and so does an import', async () => {
    const { status: end, stdout } = await demo.dancu(['party', 'add', '--code', 'late',
        '--class', 'other', '--kind', 'company', '--name', 'Đến sau']);
    assert.equal(end, 0);
    assert.match(stdout, /recorded as entry \d+/);
    const imported = await demo.dancu(['registry', 'import', '-'], { input: '' });
    assert.equal(imported.status, 0, imported.stderr);
});

test('SIGTERM finishes what is in hand, ends with 0, and frees its places', async () => {
    const client = connect();
    await answered(client);
    let sent = 0;
    const flight = flood(2000, 50, async (i) => {
        if (sent < 0) {
            return 'not sent';
        }
        sent++;
        const ask = kycAsk(samples[i % 100]);
        return client.lookup(ask).then(codeOf, () => 'refused');
    });
    await until('asks are in hand', () => sent > 200, { everyMs: 1 });
    const stopping = server.stop();
    const codes = tally(await flight);
    sent = -1;
    const how = await stopping;
    assert.deepEqual(how, { status: 0, signal: null }, server.said);
    assert.ok(codes.disclosed > 150, JSON.stringify(codes));
    for (const code of Object.keys(codes)) {
        assert.ok(['disclosed', 'refused', 'not sent', 'ledger_unavailable'].includes(code), code);
    }
    client.destroy();
    const gone = await demo.dancu(['ps']);
    assert.equal(gone.status, 1);
    server = await serve(demo);
    await answered();
});

test('a second start is ready within three seconds', async () => {
    await server.stop();
    server = await serve(demo);
    assert.ok(server.readyMs < 3000, `${server.readyMs} ms`);
    assert.match(server.readyLine, new RegExp(`^dancu is ready: https://localhost:${server.port}$`));
});
