// Parties, accounts of both tiers and their certificates (U2, U3): who is not connected may not ask,
// a sub-account never more than its parent, and what is revoked is refused at the next ask, on
// connections that are open too.
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { verifyAnswer, verifyProblem } from './lib/answer.mjs';
import { kycAsk } from './lib/asks.mjs';
import { Http2Client } from './lib/client.mjs';
import { must } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { accountOf, makeOfficers } from './lib/officers.mjs';
import { addBusiness, addParty, connectParty, day } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

let demo;
let server;
let samples;
const open = [];

before(async () => {
    demo = await demonstration('accounts');
    server = await serve(demo);
    samples = demo.samples();
    await addParty(demo, 'insurer');
    await addBusiness(demo, 'T-ONE', 'insurer', { fields: ['full_name'] });
    await addBusiness(demo, 'T-TWO', 'insurer', { fields: ['full_name'] });
});
after(async () => {
    for (const client of open) {
        await client.close();
    }
    await server?.stop();
    demo?.remove();
});

function client(name) {
    const one = new Http2Client({ port: server.port, ca: demo.ca, ...demo.client(name) });
    open.push(one);
    return one;
}
const askOf = (business) => kycAsk(samples[0], { business, fields: ['full_name'] });

async function told(one, business, want) {
    const answer = await one.lookup(askOf(business));
    assert.equal(answer.status === 200 ? 'disclosed' : answer.json.code, want);
    return answer;
}

const list = async (noun, ...args) => (await demo.act(noun, 'list', ...args)).trim().split('\n')
    .map((line) => JSON.parse(line));

// A key of its own and a request for a certificate in a foreign name, as an organisation makes them.
async function request(name) {
    const folder = path.join(demo.dir, 'clients', name);
    mkdirSync(folder, { recursive: true });
    await must('openssl', ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
        '-nodes', '-sha256', '-subj', '/CN=mps-portal', '-addext', 'subjectAltName=DNS:localhost',
        '-keyout', path.join(folder, 'key.pem'), '-out', path.join(folder, 'request.pem')]);
    return folder;
}
const enrolment = (code, folder, args = []) => ['account', 'enrol', code,
    '--csr', path.join(folder, 'request.pem'), '--ca-cert', path.join(demo.dir, 'ca.pem'),
    '--ca-key', path.join(demo.tls, 'ca-key.pem'), '--out', path.join(folder, 'cert.pem'), ...args];

async function addSub(code, businesses) {
    await demo.act('account', 'sub-add', '--code', code, '--parent', 'insurer', '--holder',
        'person', '--name', 'Người dùng kiểm thử', '--businesses', businesses);
    await demo.act(...enrolment(code, await request(code)));
    return client(code);
}

test('a party that is not connected is refused, until its dossier is whole and the authority says so',
    async () => {
        const { certPath } = await demo.issue('newcomer');
        await demo.act('party', 'add', '--code', 'newcomer', '--class', 'organisation', '--kind',
            'test', '--name', 'Đơn vị mới');
        await demo.act('account', 'add', '--code', 'newcomer', '--party', 'newcomer', '--channel',
            'guided', '--cert', certPath, '--instrument', 'Công văn 03 (kiểm thử)');
        await addBusiness(demo, 'T-NEW', 'newcomer', { fields: ['full_name'] });
        const one = client('newcomer');
        await told(one, 'T-NEW', 'account_blocked');
        const { status, stderr } = await demo.dancu(['party', 'connect', 'newcomer']);
        assert.equal(status, 1);
        assert.match(stderr, /state/);
        await connectParty(demo, 'newcomer');
        await told(one, 'T-NEW', 'disclosed');
        await demo.act('party', 'redesign', 'newcomer', '--reason', 'Hệ thống mới');
        await told(one, 'T-NEW', 'account_blocked');
    });

test('an inspection that ended over thirty days ago has suspended its party, by an act', async () => {
    await addParty(demo, 'lapsed');
    await addBusiness(demo, 'T-LAPSED', 'lapsed', { fields: ['full_name'] });
    const one = client('lapsed');
    await told(one, 'T-LAPSED', 'disclosed');
    await demo.act('party', 'inspection', 'lapsed', '--result', 'passed', '--day', day(-200),
        '--until', day(-31));
    await told(one, 'T-LAPSED', 'account_blocked');
    const before = await demo.dancu(['party', 'resume', 'lapsed', '--reason', 'x']);
    assert.equal(before.status, 1); // the date alone refuses, or its act already
    await server.stop();
    assert.equal((await list('party', 'lapsed'))[0].inspection.until, day(-31)); // of the home
    server = await serve(demo); // a start looks at dates at once
    for (const stale of open.splice(0)) {
        await stale.close();
    }
    let stderr = '';
    for (let i = 0; i < 100 && !/ended/.test(stderr); i++) {
        ({ stderr } = await demo.dancu(['party', 'resume', 'lapsed', '--reason', 'x']));
    }
    assert.match(stderr, /inspection has ended/); // it is suspended, by the act of the date
});

test('a sub-account asks for its own businesses alone, and its record names it', async () => {
    const clerk = await addSub('insurer.clerk', 'T-ONE');
    const answer = await told(clerk, 'T-ONE', 'disclosed');
    verifyAnswer(answer, askOf('T-ONE'), demo.vkey, { party: 'insurer', account: 'insurer.clerk' });
    await told(clerk, 'T-TWO', 'business_not_granted');
    await demo.act('account', 'sub-businesses', 'insurer.clerk', '--businesses', 'T-TWO');
    await told(clerk, 'T-TWO', 'disclosed');
    await told(clerk, 'T-ONE', 'business_not_granted');
});

test('a sub-account stops when it is locked, and with its parent in the same act', async () => {
    const clerk = await addSub('insurer.second', 'T-ONE,T-TWO');
    const parent = client('insurer');
    await demo.act('account', 'sub-lock', 'insurer.second', '--reason', 'Nghỉ phép');
    await told(clerk, 'T-ONE', 'account_blocked');
    await told(parent, 'T-ONE', 'disclosed');
    await demo.act('account', 'sub-unlock', 'insurer.second', '--reason', 'Trở lại');
    await told(clerk, 'T-ONE', 'disclosed');
    await demo.act('account', 'suspend', 'insurer', '--reason', 'Kiểm thử');
    await told(clerk, 'T-ONE', 'account_blocked');
    await told(parent, 'T-ONE', 'account_blocked');
    await demo.act('account', 'resume', 'insurer', '--reason', 'Kiểm thử');
    await told(clerk, 'T-ONE', 'disclosed');
    await demo.act('account', 'revoke', 'insurer.second', '--reason', 'Nghỉ việc');
    await told(clerk, 'T-ONE', 'account_blocked');
});

test('a certificate that is revoked is refused at the next ask of a connection that is open', async () => {
    await addParty(demo, 'rotating');
    await addBusiness(demo, 'T-ROTATE', 'rotating', { fields: ['full_name'] });
    const old = client('rotating');
    await told(old, 'T-ROTATE', 'disclosed');
    await demo.act(...enrolment('rotating', await request('rotated')));
    const next = client('rotated');
    await told(next, 'T-ROTATE', 'disclosed'); // both are good while one follows the other
    await told(old, 'T-ROTATE', 'disclosed');
    await demo.act('account', 'certificate-revoke', 'rotating', '--cert',
        demo.client('rotating').certPath, '--reason', 'Khóa bị mất');
    await told(old, 'T-ROTATE', 'account_blocked');
    await told(next, 'T-ROTATE', 'disclosed');
    const again = await demo.dancu(['account', 'certificate-add', 'bank', '--cert',
        demo.client('rotating').certPath]);
    assert.equal(again.status, 1);
    assert.match(again.stderr, /certificate_bound/);
});

test('lists tell what comes to its end, of a server that runs', async () => {
    const parties = await list('party');
    assert.deepEqual(parties.map((party) => party.code), parties.map((party) => party.code).sort());
    const of = (code) => parties.find((party) => party.code === code);
    assert.equal(of('insurer').state, 'connected');
    assert.equal(of('insurer').inspection.until, day(335));
    assert.deepEqual(of('newcomer').lacks, ['inspection']);
    const [rotating] = await list('account', 'rotating');
    assert.deepEqual(rotating.certificates.map((one) => one.revoked), [true, false]);
    assert.ok(Date.parse(rotating.certificates[1].until) > Date.now());
    assert.equal((await demo.dancu(['account', 'list', 'nobody'])).status, 1);
});

test('what an enrolment hands out has the key of the request and nothing else of it', async () => {
    await demo.act('account', 'sub-add', '--code', 'insurer.system', '--parent', 'insurer',
        '--holder', 'system', '--name', 'Hệ thống', '--businesses', 'T-ONE');
    const folder = await request('insurer.system');
    await demo.act(...enrolment('insurer.system', folder, ['--days', '30']));
    const cert = new X509Certificate(readFileSync(path.join(folder, 'cert.pem')));
    const key = createPublicKey(createPrivateKey(readFileSync(path.join(folder, 'key.pem'))));
    assert.equal(cert.subject, 'CN=insurer.system');
    assert.equal(cert.subjectAltName, undefined);
    assert.equal(cert.ca, false);
    assert.deepEqual(cert.keyUsage, ['1.3.6.1.5.5.7.3.2']); // clientAuth
    assert.ok(cert.verify(new X509Certificate(demo.ca).publicKey));
    assert.deepEqual(cert.publicKey.export({ type: 'spki', format: 'der' }),
        key.export({ type: 'spki', format: 'der' }));
    const days = (Date.parse(cert.validTo) - Date.now()) / 86_400_000;
    assert.ok(days > 29 && days < 30.1, String(days));
});

test('an enrolment that the office refuses hands out nothing', async () => {
    const folder = await request('nobody');
    const { status, stderr } = await demo.dancu(enrolment('nobody', folder));
    assert.equal(status, 1);
    assert.match(stderr, /no account/);
    assert.ok(!existsSync(path.join(folder, 'cert.pem')));
    assert.ok(!existsSync(path.join(folder, 'cert.pem.new')));
});

test('an outside certificate is bound when it chains to the pinned CA, and else not', async () => {
    const other = path.join(demo.dir, 'other-ca.pem');
    await must('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
        '-nodes', '-sha256', '-days', '30', '-subj', '/CN=other CA', '-addext',
        'keyUsage=critical,keyCertSign,cRLSign', '-keyout',
        path.join(demo.dir, 'other-key.pem'), '-out', other]);
    const folder = await request('insurer.outside');
    await demo.act('account', 'sub-add', '--code', 'insurer.outside', '--parent', 'insurer',
        '--holder', 'system', '--name', 'Hệ thống', '--businesses', 'T-ONE');
    const cert = path.join(folder, 'cert.pem');
    const extensions = path.join(folder, 'extensions.cnf');
    await must('sh', ['-c', 'printf "%s\\n" "basicConstraints=critical,CA:FALSE"'
        + ' "keyUsage=critical,digitalSignature" "extendedKeyUsage=clientAuth"'
        + ' "subjectKeyIdentifier=hash" "authorityKeyIdentifier=keyid" >"$0"', extensions]);
    await must('openssl', ['x509', '-req', '-in', path.join(folder, 'request.pem'), '-days', '30',
        '-CA', other, '-CAkey', path.join(demo.dir, 'other-key.pem'), '-extfile', extensions,
        '-set_serial', '7', '-out', cert]);
    const wrong = await demo.dancu(['account', 'certificate', 'insurer.outside', '--cert', cert,
        '--ca-cert', path.join(demo.dir, 'ca.pem')]);
    assert.equal(wrong.status, 1);
    await demo.act('account', 'certificate', 'insurer.outside', '--cert', cert, '--ca-cert', other);
});

const spkiOf = (name) => createHash('sha256').update(new X509Certificate(demo.client(name).cert)
    .publicKey.export({ type: 'spki', format: 'der' })).digest('hex');

function desk(signer) {
    const one = new Http2Client({ port: server.port + 2, ca: demo.ca, ...signer.client });
    open.push(one);
    return {
        bring: (name, values) => one.request({ method: 'POST', path: '/v1/acts',
            body: signer.act(name, values), headers: { 'content-type': 'application/jose' } }),
        see: (address) => one.get(address),
    };
}

test('with officers, an organisation signs what concerns its own sub-accounts, and nothing else',
    async () => {
        const { LAN, MINH } = await makeOfficers(demo);
        const insurer = desk(accountOf(demo, 'insurer'));
        await demo.issue('insurer.desk');
        const sub = { code: 'insurer.desk', parent: 'insurer', holder: 'system', name: 'Hệ thống',
            businesses: 'T-ONE', spki: spkiOf('insurer.desk') };
        assert.equal((await insurer.bring('account.sub-add', sub)).status, 200);
        const one = client('insurer.desk');
        await told(one, 'T-ONE', 'disclosed');
        const stop = { code: 'insurer.desk', reason: 'Nghỉ phép' };
        assert.equal((await insurer.bring('account.sub-lock', stop)).status, 200);
        await told(one, 'T-ONE', 'account_blocked');
        assert.equal((await insurer.see('/v1/accounts/insurer.desk')).json.state, 'locked');
        assert.equal((await insurer.bring('account.sub-unlock', stop)).status, 200);

        const own = desk(accountOf(demo, 'insurer.desk'));
        assert.deepEqual((await own.see('/v1/accounts')).json.items.map((item) => item.code),
            ['insurer.desk']);
        verifyProblem(await own.bring('account.sub-lock', stop), 401, 'signature_invalid');
        for (const other of ['bank', 'rotating', 'nobody']) {
            verifyProblem(await insurer.bring('account.revoke', { ...stop, code: other }), 403,
                'not_yours');
            verifyProblem(await insurer.bring('account.sub-add',
                { ...sub, parent: other, code: `${other}.x` }), 403, 'not_yours');
        }
        for (const bound of ['bank', 'rotating', 'insurer.clerk', 'officer-LAN']) {
            verifyProblem(await insurer.bring('account.certificate-add',
                { code: 'insurer.desk', spki: spkiOf(bound) }), 409, 'certificate_bound');
        }

        const folder = await request('insurer.second-desk');
        const { status, stdout, stderr } = await demo.dancu(enrolment('insurer.desk', folder,
            ['--as', 'LAN', '--sign-key', path.join(demo.dir, 'officers/LAN.pem'),
                '--desk', `localhost:${server.port + 2}`, '--tls-cert', LAN.client.certPath,
                '--tls-key', LAN.client.keyPath, '--tls-ca', path.join(demo.dir, 'ca.pem')]));
        assert.equal(status, 0, stderr);
        const enrolled = client('insurer.second-desk');
        assert.equal((await enrolled.lookup(askOf('T-ONE'))).status, 401);
        const approved = await desk(MINH).bring('proposal.approve',
            { code: JSON.parse(stdout).object });
        assert.equal(approved.status, 200, approved.text);
        await told(enrolled, 'T-ONE', 'disclosed');
    });
