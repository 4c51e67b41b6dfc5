// Signed acts over the desk, by real clients: officers with four eyes, an organisation with its own
// certificate, and what each gets to see afterwards.
import assert from 'node:assert/strict';
import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { verifyProblem } from './lib/answer.mjs';
import { protocols } from './lib/client.mjs';
import { demonstration } from './lib/demo.mjs';
import { accountOf, makeOfficers, proposalOf } from './lib/officers.mjs';
import { addBusiness } from './lib/rights.mjs';
import { serve } from './lib/server.mjs';

let demo;
let server;
let signers;
let number = 0;

before(async () => {
    demo = await demonstration('desk-acts');
    for (const kind of protocols) {
        await addBusiness(demo, `T-${kind.name}`, 'bank', { grant: false });
    }
    signers = await makeOfficers(demo);
    server = await serve(demo);
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

for (const kind of protocols) {
    describe(`over ${kind.label}`, () => {
        const clients = {};
        const business = `T-${kind.name}`;
        let bank;

        before(() => {
            bank = accountOf(demo, 'bank');
            for (const [name, signer] of [...Object.entries(signers), ['bank', bank]]) {
                clients[name] = new kind({ port: server.port + 2, ca: demo.ca, ...signer.client });
            }
        });
        after(() => Promise.all(Object.values(clients).map((client) => client.close())));

        const bring = (who, jws, headers = {}) => clients[who].request({
            method: 'POST', path: '/v1/acts', body: jws,
            headers: { 'content-type': 'application/jose', ...headers },
        });
        const see = async (who, address) => (await clients[who].get(address)).json;

        test('a grant is a proposal until another officer approves it, and is seen at each step',
            async () => {
                const { LAN, MINH } = signers;
                const jws = LAN.act('business.grant', { code: business, reason: 'Đủ điều kiện' });
                const proposed = await bring('LAN', jws);
                assert.equal(proposed.status, 202, proposed.text);
                const code = proposalOf(jws);
                assert.equal(proposed.json.object, code);
                const shown = await see('MINH', `/v1/proposals/${code}`);
                assert.deepEqual(shown.act, {
                    name: 'business.grant', values: { code: business, reason: 'Đủ điều kiện' },
                });
                assert.equal(shown.by, 'LAN');
                assert.equal((await see('bank', `/v1/businesses/${business}`)).state, 'submitted');
                const own = await bring('LAN', LAN.act('proposal.approve', { code }));
                verifyProblem(own, 403, 'role_missing');
                const done = await bring('MINH', MINH.act('proposal.approve', { code }));
                assert.equal(done.status, 200, done.text);
                assert.equal((await see('bank', `/v1/businesses/${business}`)).state, 'granted');
                verifyProblem(await clients.MINH.get(`/v1/proposals/${code}`), 404, 'not_found');
            });

        test('the same act again has the same answer, its number over other bytes is replayed',
            async () => {
                const { LAN } = signers;
                const values = () => ({ code: `p-${kind.name}-${number++}`, class: 'other',
                    kind: 'company', name: 'Đơn vị' });
                const payload = LAN.payload('party.add', values());
                const jws = LAN.jws(payload);
                const first = await bring('LAN', jws);
                assert.equal(first.status, 200, first.text);
                const again = await bring('LAN', jws);
                assert.deepEqual(again.json, first.json);
                verifyProblem(await bring('LAN', LAN.jws({ ...payload, values: values() })), 409,
                    'replayed');
            });

        test('a signature over other bytes is invalid, and another\'s certificate brings nothing',
            async () => {
                const jws = signers.LAN.act('party.add', { code: `q-${number++}`, class: 'other',
                    kind: 'company', name: 'X' });
                const [header, payload, signature] = jws.split('.');
                const other = JSON.parse(Buffer.from(payload, 'base64url'));
                other.values.name = 'Y';
                const forged = Buffer.from(JSON.stringify(other)).toString('base64url');
                verifyProblem(await bring('LAN', `${header}.${forged}.${signature}`), 401,
                    'signature_invalid');
                verifyProblem(await bring('MINH', jws), 403, 'not_yours');
            });

        test('a stale version is told, and nothing has changed', async () => {
            const before = await see('LAN', '/v1/parties/bank');
            const answer = await bring('LAN', signers.LAN.act('account.suspend',
                { code: 'bank', reason: 'x' }, { if_match: '"99"' }));
            verifyProblem(answer, 412, 'stale_etag');
            assert.deepEqual(await see('LAN', '/v1/parties/bank'), before);
        });

        test('a value that is wrong is named by its pointer, in the language that is asked for',
            async () => {
                const jws = () => signers.LAN.act('party.add', { code: 'a b', class: 'other',
                    kind: 'company', name: 'X' });
                const answer = await bring('LAN', jws(), { 'accept-language': 'en' });
                verifyProblem(answer, 400, 'bad_input');
                assert.equal(answer.json.title, 'Bad input');
                assert.equal(answer.json.invalid_params[0].name, '/values/code');
                const vietnamese = await bring('LAN', jws());
                assert.equal(vietnamese.json.title, 'Dữ liệu không hợp lệ');
            });

        test('If-Match and Idempotency-Key may say again what is signed', async () => {
            const { LAN } = signers;
            const code = `h-${number++}`;
            const values = { code, class: 'other', kind: 'company', name: 'Đơn vị' };
            const payload = LAN.payload('party.add', values, { if_match: '"1"' });
            const fields = { 'if-match': '"1"', 'idempotency-key': payload.jti };
            verifyProblem(await bring('LAN', LAN.jws(payload), fields), 412, 'stale_etag');
            const { if_match: gone, ...fresh } = { ...payload, jti: `${payload.jti}-2` };
            const done = await bring('LAN', LAN.jws(fresh), { 'idempotency-key': fresh.jti });
            assert.equal(done.status, 200, done.text);
            assert.equal(done.headers.etag, (await clients.LAN.get(`/v1/parties/${code}`)).headers.etag);
        });

        test('what is no signed act goes nowhere, and fields that are not signed are refused',
            async () => {
                const jws = signers.LAN.act('party.add', { code: 'r', class: 'other',
                    kind: 'company', name: 'X' });
                verifyProblem(await bring('LAN', 'eyJ9.eyJ9'), 400, 'bad_request');
                for (const field of ['if-match', 'idempotency-key']) {
                    verifyProblem(await bring('LAN', jws, { [field]: '"1"' }), 400, 'bad_request');
                }
                verifyProblem(await bring('LAN', jws, { 'content-type': 'application/json' }), 415,
                    'unsupported_media_type');
                verifyProblem(await bring('LAN', 'A'.repeat(196_609)).catch(() => bring('LAN',
                    'A'.repeat(196_609))), 413, 'too_large');
            });

        test('officers see all, and an organisation nothing of the office', async () => {
            const { items } = await see('HOA', '/v1/officers');
            assert.deepEqual(items.map((one) => one.code), Object.keys(signers).sort());
            assert.ok((await see('HOA', '/v1/parties')).items.length > 2);
            assert.deepEqual((await see('bank', '/v1/officers')).items, []);
            verifyProblem(await clients.bank.get('/v1/officers/LAN'), 404, 'not_found');
        });
    });
}

describe('by command', () => {
    const options = (signer) => ['--desk', `localhost:${server.port + 2}`, '--tls-cert',
        signer.client.certPath, '--tls-key', signer.client.keyPath, '--tls-ca',
        path.join(demo.dir, 'ca.pem')];
    const lines = (text) => text.trimEnd().split('\n').map((line) => JSON.parse(line));

    test('a list is every object that may be seen, one a line, whatever the number of pages', async () => {
        const { LAN } = signers;
        const client = new protocols[0]({ port: server.port + 2, ca: demo.ca, ...LAN.client });
        for (let i = 0; i < 101; i++) {
            const jws = LAN.act('party.add', { code: `many-${i}`, class: 'other', kind: 'company',
                name: 'Đơn vị' });
            const { status } = await client.request({ method: 'POST', path: '/v1/acts', body: jws,
                headers: { 'content-type': 'application/jose' } });
            assert.equal(status, 200);
        }
        await client.close();
        const all = await demo.dancu(['party', 'list', ...options(LAN)]);
        assert.equal(all.status, 0, all.stderr);
        const codes = lines(all.stdout).map((party) => party.code);
        assert.deepEqual(codes, [...new Set(codes)].sort());
        assert.equal(codes.filter((code) => code.startsWith('many-')).length, 101);
        const own = await demo.dancu(['party', 'list', ...options(accountOf(demo, 'bank'))]);
        assert.deepEqual(lines(own.stdout).map((party) => party.code), ['bank']);
    });

    test('an account is stopped by one officer, the stop is shown, and another confirms it', async () => {
        const { LAN, HOA } = signers;
        const act = (verb, signer) => demo.dancu(['account', verb, 'notary', '--reason', 'Nghi lộ',
            '--as', signer.code, '--sign-key', path.join(demo.dir, `officers/${signer.code}.pem`),
            ...options(signer)]);
        const show = async (noun, code) =>
            JSON.parse((await demo.dancu([noun, 'list', code, ...options(HOA)])).stdout);
        assert.equal((await act('stop', LAN)).status, 0);
        const { confirmed_by: nobody, by, day, due } = await show('stop', 'notary');
        assert.deepEqual([nobody, by], [undefined, 'LAN']);
        assert.ok(due > day);
        assert.equal((await show('account', 'notary')).state, 'suspended');
        const confirmed = await act('stop-confirm', HOA);
        assert.equal(confirmed.status, 0, confirmed.stdout + confirmed.stderr);
        assert.equal((await show('stop', 'notary')).confirmed_by, 'HOA');
    });

    test('one object is a line, what is not there, no code and half a certificate are told', async () => {
        const { LAN } = signers;
        const bank = await demo.dancu(['party', 'list', 'bank', ...options(LAN)]);
        assert.equal(bank.status, 0, bank.stderr);
        assert.deepEqual(lines(bank.stdout).map((party) => party.code), ['bank']);
        for (const noun of ['fees', 'confirmation', 'permit', 'policy', 'draw', 'review']) {
            const { status, stdout, stderr } = await demo.dancu([noun, 'list', ...options(LAN)]);
            assert.equal(status, 0, stderr);
            assert.ok(stdout === '' || lines(stdout).every((one) => one.version >= 1), noun);
        }
        const stranger = options({ client: { ...LAN.client, certPath: 'none.pem' } });
        for (const [wanted, args] of [[1, ['party', 'list', 'nobody', ...options(LAN)]],
            [1, ['party', 'list', 'a/../b', ...options(LAN)]], [1, ['party', 'list', ...stranger]],
            [2, ['party', 'list', ...options(LAN).slice(0, -2)]],
            [2, ['party', 'list', '--home', demo.home, ...options(LAN)]]]) {
            const { status, stdout, stderr } = await demo.dancu(args);
            assert.equal(status, wanted, args.join(' '));
            assert.equal(stdout, '');
            assert.match(stderr, /\S/);
        }
    });
});

test('each JWS in the log is of its signer\'s key by Node\'s own reading, as `dancu ledger verify` says',
    async () => {
        const bank = accountOf(demo, 'bank');
        const client = new protocols[0]({ port: server.port + 2, ca: demo.ca, ...bank.client });
        const own = await client.request({ method: 'POST', path: '/v1/acts',
            headers: { 'content-type': 'application/jose' },
            body: bank.act('business.add', { code: 'T-OWN', party: 'bank', purpose: 'Kiểm thử',
                'legal-basis': 'Kiểm thử', services: 'citizen.lookup', channels: 'guided',
                fields: 'full_name', 'quota-day': '10' }) });
        await client.close();
        assert.equal(own.status, 200, own.text);
        const { status, stdout, stderr } = await demo.dancu(['ledger', 'verify', '--acts', '--json']);
        assert.equal(status, 0, stderr);
        const lines = stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
        const { acts, acts_bad: bad, acts_signed: signed } = lines.pop();
        assert.deepEqual([signed, bad], [lines.length, 0]);
        assert.ok(acts > signed, 'those by hand before there were officers');
        const keys = { bank: new X509Certificate(demo.client('bank').cert).publicKey };
        for (const signer of Object.values(signers)) {
            keys[signer.code] = createPublicKey(signer.key);
        }
        for (const { act, jws, result, signer } of lines) {
            const [header, payload, signature] = jws.split('.');
            assert.ok(verify('sha256', Buffer.from(`${header}.${payload}`),
                { key: keys[signer], dsaEncoding: 'ieee-p1363' },
                Buffer.from(signature, 'base64url')), `${act} by ${signer}`);
            const said = JSON.parse(Buffer.from(payload, 'base64url'));
            assert.equal(act, { done: said.act, proposed: 'proposal.add' }[result] ?? 'act.refused');
        }
        assert.deepEqual([...new Set(lines.map((line) => line.signer))].sort(),
            ['HOA', 'LAN', 'MINH', 'bank']);
    });
