// The first officers and what they sign: the ceremony, the end of what is done by hand, and the JWS of
// the commands, read and verified by Node.
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { binary, must, run, workFolder } from './lib/command.mjs';
import { readCheckpoint, readVkey } from './lib/note.mjs';
import { readEntries } from './lib/tree.mjs';

const ORIGIN = 'localhost/officers';
let dir;
let sheet;
const env = () => ({ DANCU_HOME: path.join(dir, 'home'), DANCU_KEYS: path.join(dir, 'keys') });
const dancu = (...args) => run(binary, args, { env: env() });
const file = (name) => path.join(dir, name);

// A certificate of its own, for localhost.
async function certificate(name) {
    await must('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
        '-nodes', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost', '-days', '2',
        '-keyout', file(`${name}.key.pem`), '-out', file(`${name}.pem`)]);
}

async function officer(code, roles) {
    await certificate(code);
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(file(`${code}.sign.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    writeFileSync(file(`${code}.pub.pem`), publicKey.export({ type: 'spki', format: 'pem' }));
    return { code, name: `Cán bộ ${code}`, roles, cert: `${code}.pem`, key: `${code}.pub.pem` };
}

before(async () => {
    mkdirSync(workFolder, { recursive: true });
    dir = mkdtempSync(path.join(workFolder, 'officers-'));
    sheet = [await officer('LAN', ['intake', 'decide', 'security']),
        await officer('MINH', ['approve'])];
    writeFileSync(file('sheet.json'), JSON.stringify(sheet));
});
after(() => rmSync(dir, { recursive: true, force: true }));

test('a sheet that is off is told, and nothing is made', async () => {
    const wrong = [[], [sheet[0]], [sheet[0], sheet[0]], 'no list', [{ ...sheet[0], roles: [] }, sheet[1]],
        [{ ...sheet[0], roles: ['king'] }, sheet[1]], [{ ...sheet[0], key: 'LAN.pem' }, sheet[1]],
        [{ ...sheet[0], more: 1 }, sheet[1]], [{ ...sheet[0], name: 'Nguye\u0302\u0303n' }, sheet[1]],
        [{ ...sheet[0], cert: 'none.pem' }, sheet[1]]];
    for (const [i, lines] of wrong.entries()) {
        writeFileSync(file('wrong.json'), JSON.stringify(lines));
        const other = { DANCU_HOME: file(`home-${i}`), DANCU_KEYS: file(`keys-${i}`) };
        const { status, stderr } = await run(binary, ['init', '--origin', ORIGIN, '--officers',
            file('wrong.json')], { env: other });
        assert.equal(status, 1, JSON.stringify(lines));
        assert.match(stderr, /\S/);
        if (i > 2) { // the first three are a list: who they are is looked at by the office
            assert.ok(!existsSync(other.DANCU_KEYS), 'no keys either');
        }
    }
});

test('`dancu init --officers` makes them, and nothing is done by hand any more', async () => {
    const made = await dancu('init', '--origin', ORIGIN, '--officers', file('sheet.json'));
    assert.equal(made.status, 0, made.stderr);
    const ledger = file('home/ledger');
    const { size } = readCheckpoint(readFileSync(path.join(ledger, 'checkpoint'), 'utf8'),
        readVkey(made.stdout));
    const entries = await readEntries((name) => readFileSync(path.join(ledger, name)), size);
    assert.deepEqual(entries.map((entry) => JSON.parse(entry).outcome), ['home.init', 'officer.found']);
    for (const args of [['party', 'add', '--code', 'p', '--class', 'state', '--kind', 'k', '--name', 'n'],
        ['policy', 'publish', 'policy'], ['officer', 'found', '--officers', file('sheet.json')]]) {
        const { status, stderr } = await dancu(...args);
        assert.equal(status, 1, args.join(' '));
        assert.match(stderr, /officers sign acts here|nothing is done by hand/);
    }
    const verified = await dancu('ledger', 'verify');
    assert.equal(verified.status, 0, verified.stderr);
});

function readJws(text) {
    const [header, payload, signature] = text.split('.');
    const good = verify('sha256', Buffer.from(`${header}.${payload}`),
        { key: createPublicKey(readFileSync(file('LAN.pub.pem'))), dsaEncoding: 'ieee-p1363' },
        Buffer.from(signature, 'base64url'));
    assert.ok(good, 'Node verifies the signature');
    return [header, payload].map((part) => JSON.parse(Buffer.from(part, 'base64url')));
}

const grant = ['business', 'grant', 'NV-1', '--reason', 'Đủ "căn cứ"', '--as', 'LAN', '--sign-key'];

test('an act signed by a command is a JWS that anybody verifies', async () => {
    const { status, stdout } = await dancu(...grant, file('LAN.sign.pem'), '--if-match', '"3"');
    assert.equal(status, 0);
    const [header, payload] = readJws(stdout);
    assert.deepEqual(header, { alg: 'ES256', kid: 'LAN', typ: 'dancu-act+json' });
    assert.deepEqual(Object.keys(payload), ['act', 'aud', 'iat', 'if_match', 'jti', 'values']);
    assert.equal(payload.act, 'business.grant');
    assert.equal(payload.aud, ORIGIN);
    assert.equal(payload.if_match, '"3"');
    assert.ok(Math.abs(payload.iat - Date.now() / 1000) < 60);
    assert.deepEqual(payload.values, { code: 'NV-1', reason: 'Đủ "căn cứ"' });
    const [, second] = readJws((await dancu(...grant, file('LAN.sign.pem'))).stdout);
    assert.notEqual(second.jti, payload.jti);
    const added = await dancu('officer', 'add', 'NEW', '--name', 'Mới', '--roles', 'audit', '--cert',
        file('MINH.pem'), '--public-key', file('MINH.pub.pem'), '--as', 'LAN', '--sign-key',
        file('LAN.sign.pem'));
    const key = createPublicKey(readFileSync(file('MINH.pub.pem')));
    assert.equal(readJws(added.stdout)[1].values.key,
        key.export({ type: 'spki', format: 'der' }).toString('base64url'));
});

test('what cannot be signed is told', async () => {
    await must('openssl', ['genpkey', '-algorithm', 'RSA', '-out', file('rsa.pem')]);
    for (const [wanted, args] of [[1, [...grant, file('rsa.pem')]], [1, [...grant, file('none.pem')]],
        [2, grant.slice(0, -1)], [2, [...grant.slice(0, 5), '--sign-key', file('LAN.sign.pem')]],
        [2, ['business', 'grant', 'no code', '--as', 'LAN', '--sign-key', file('LAN.sign.pem')]],
        [2, ['officer', 'lost', 'MINH', '--reason', 'r']],
        [2, [...grant, file('LAN.sign.pem'), '--desk', 'localhost:1']]]) {
        const { status, stdout } = await dancu(...args);
        assert.equal(status, wanted, args.join(' '));
        assert.equal(stdout, '');
    }
});

test('an act is sent to the desk whose certificate is the one that is pinned', async () => {
    await certificate('desk');
    const seen = [];
    const server = https.createServer({ key: readFileSync(file('desk.key.pem')),
        cert: readFileSync(file('desk.pem')), ca: readFileSync(file('LAN.pem')), requestCert: true,
    }, async (request, response) => {
        let body = '';
        for await (const piece of request) {
            body += piece;
        }
        seen.push({ body, url: request.url, type: request.headers['content-type'],
            name: request.socket.getPeerCertificate().subject?.CN });
        const answer = '{"code":"proposed"}';
        response.writeHead(seen.length === 1 ? 202 : 403, { 'content-length': answer.length });
        response.end(answer);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const send = (ca) => dancu(...grant, file('LAN.sign.pem'), '--desk',
        `localhost:${server.address().port}`, '--tls-cert', file('LAN.pem'), '--tls-key',
        file('LAN.key.pem'), '--tls-ca', file(ca));
    const good = await send('desk.pem');
    assert.equal(good.status, 0, good.stderr);
    assert.match(good.stdout, /proposed/);
    readJws(seen[0].body);
    assert.deepEqual({ ...seen[0], body: '' }, { body: '', url: '/v1/acts', type: 'application/jose',
        name: 'LAN' });
    assert.equal((await send('desk.pem')).status, 1, 'refused');
    assert.equal((await send('MINH.pem')).status, 1, 'another desk');
    assert.equal(seen.length, 2, 'which heard nothing');
    server.close();
});
