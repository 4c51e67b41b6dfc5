// The desk's listener, as an organisation with its own certificate meets it: what it may see of the
// office's books, in pages, with tags, and what not.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import path from 'node:path';
import { verifyProblem } from './lib/answer.mjs';
import { protocols } from './lib/client.mjs';
import { must } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { serve } from './lib/server.mjs';

const BUSINESSES = 7; // of the bank, besides its own
let demo;
let server;
const others = {};
let refused = 4; // business that is refused next

before(async () => {
    demo = await demonstration('desk');
    server = await serve(demo);
    for (let i = 1; i <= BUSINESSES; i++) {
        await demo.act('business', 'add', '--code', `NV-BANK-${i}`, '--party', 'bank', '--purpose',
            `Mục đích "${i}"`, '--legal-basis', 'Điều 3', '--services', 'citizen.lookup', '--channels',
            'guided', '--fields', 'full_name,birth_date', '--quota-day', '10', '--hours-from', '8',
            '--hours-until', '17', '--from', '2026-01-01', '--until', '2027-12-31',
            '--population', 'permanent_residence.province=79,01@2021-07-01');
    }
    others.unbound = await demo.issue('unbound');
    const file = (name) => path.join(demo.dir, 'clients/foreign', name);
    await must('mkdir', ['-p', file('')]);
    await must('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
        '-nodes', '-days', '30', '-subj', '/CN=bank', '-keyout', file('key.pem'),
        '-out', file('cert.pem')]);
    others.foreign = demo.client('foreign');
});
after(async () => {
    await server?.stop();
    demo?.remove();
});

const connect = (kind, credentials) =>
    new kind({ port: server.port + 2, ca: demo.ca, ...credentials });

for (const kind of protocols) {
    describe(`over ${kind.label}`, () => {
        let bank;
        before(() => {
            bank = connect(kind, demo.client('bank'));
        });
        after(() => bank.close());

        test('an organisation sees its own party, accounts and businesses, and no other', async () => {
            for (const resource of ['parties', 'accounts', 'businesses']) {
                const { status, json } = await bank.get(`/v1/${resource}`);
                assert.equal(status, 200);
                assert.ok(json.items.length >= 1);
                for (const item of json.items) {
                    assert.equal(item.party ?? item.code, 'bank');
                }
            }
            for (const address of ['/v1/parties/hcm-onestop', '/v1/accounts/hcm-onestop',
                '/v1/businesses/NV-HCM-RESIDENCE', '/v1/parties/nobody']) {
                verifyProblem(await bank.get(address), 404, 'not_found');
            }
        });

        test('pages of every size give the same objects in the same order, each once', async () => {
            const whole = (await bank.get('/v1/businesses?limit=100')).json.items;
            assert.ok(whole.length > BUSINESSES);
            assert.deepEqual(whole.map((one) => one.code), whole.map((one) => one.code).sort());
            for (const limit of [1, 2, 3, BUSINESSES]) {
                const found = [];
                let address = `/v1/businesses?limit=${limit}`;
                while (address !== undefined) {
                    const { json, headers } = await bank.get(address);
                    assert.ok(json.items.length <= limit);
                    found.push(...json.items);
                    address = /^<([^>]+)>; rel="next"$/.exec(headers.link ?? '')?.[1];
                    assert.equal(address !== undefined, json.next !== undefined);
                    assert.ok(address === undefined || address.endsWith(`cursor=${json.next}`));
                }
                assert.deepEqual(found, whole);
            }
        });

        test('what an act wrote is what is shown', async () => {
            const { json: { history, ...shown } } = await bank.get('/v1/businesses/NV-BANK-3');
            assert.deepEqual(history.map(({ state, version }) => [state, version]),
                [['submitted', 1]]);
            assert.match(history[0].agent.officer, /^local:\d+$/);
            assert.deepEqual(shown, {
                birth_year_alone: false, channels: ['guided'], clearance_protected: false,
                code: 'NV-BANK-3',
                fields: ['birth_date', 'full_name'], from: '2026-01-01',
                hours: [8, 9, 10, 11, 12, 13, 14, 15, 16], legal_basis: 'Điều 3',
                override_lock: false, party: 'bank',
                population: 'permanent_residence.province=79,01@2021-07-01',
                purpose: 'Mục đích "3"', quota_day: 10, sensitive: [],
                services: ['citizen.lookup'], state: 'submitted', until: '2027-12-31',
                verify_per_claim: false, version: 1,
            });
        });

        test('an unchanged object is not sent again, a changed one is', async () => {
            const address = '/v1/businesses/NV-BANK-1';
            const { headers } = await bank.get(address);
            const has = { 'if-none-match': headers.etag };
            const again = await bank.get(address, has);
            assert.equal(again.status, 304);
            assert.equal(again.text, '');
            assert.equal(again.headers.etag, headers.etag);
            const list = await bank.get('/v1/businesses');
            await demo.act('business', 'refuse', '--code', `NV-BANK-${refused++}`, '--reason', 'x');
            assert.equal((await bank.get(address, has)).status, 304);
            assert.equal((await bank.get('/v1/businesses',
                { 'if-none-match': list.headers.etag })).status, 200);
        });

        test('HEAD gives the head of GET', async () => {
            const [head, get] = [await bank.request({ method: 'HEAD', path: '/v1/parties/bank' }),
                await bank.get('/v1/parties/bank')];
            assert.equal(head.status, 200);
            assert.equal(head.text, '');
            assert.equal(head.headers.etag, get.headers.etag);
        });

        test('a parameter that is wrong is named', async () => {
            for (const [query, name] of [['limit=0', 'limit'], ['limit=101', 'limit'],
                ['cursor=%00', 'cursor'], ['page=2', 'page']]) {
                const answer = await bank.get(`/v1/parties?${query}`);
                verifyProblem(answer, 400, 'bad_request');
                assert.equal(answer.json.invalid_params[0].name, name);
            }
        });

        test('who has no certificate that counts is told so, and nothing else', async () => {
            const notary = demo.client('notary'); // one that is not revoked
            for (const [who, credentials] of [['nobody', {}], ['unbound', others.unbound],
                ['foreign', others.foreign]]) {
                const client = connect(kind, credentials);
                const answer = await client.get('/v1/parties');
                verifyProblem(answer, 401, 'unauthenticated');
                assert.equal(answer.json.invalid_params[0].name, 'certificate', who);
                await client.close();
            }
            const client = connect(kind, notary);
            assert.equal((await client.get('/v1/parties')).status, 200);
            await client.close();
        });

        test('nobody is asked for data here, and nothing is written', async () => {
            verifyProblem(await bank.off.post('/v1/lookup', {}), 404, 'not_found');
            const answer = await bank.off.post('/v1/parties', {});
            verifyProblem(answer, 405, 'method_not_allowed');
            assert.equal(answer.headers.allow, 'GET, HEAD');
        });
    });
}

test('an account that is suspended sees nothing from then on, on a connection that stands', async () => {
    const client = connect(protocols[0], demo.client('bank'));
    assert.equal((await client.get('/v1/parties')).status, 200);
    await demo.act('account', 'suspend', '--code', 'bank', '--reason', 'test');
    verifyProblem(await client.get('/v1/parties'), 401, 'unauthenticated');
    await demo.act('account', 'resume', '--code', 'bank', '--reason', 'test');
    assert.equal((await client.get('/v1/parties')).status, 200);
    await client.close();
});

test('the core may die: a look is answered again as soon as there is another', async () => {
    const client = connect(protocols[0], demo.client('bank'));
    const { pid } = await server.process('core');
    process.kill(pid, 'SIGKILL');
    for (let i = 0; ; i++) {
        const answer = await client.get('/v1/parties');
        if (answer.status === 200) {
            break;
        }
        assert.equal(answer.status, 503);
        assert.ok(i < 500);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await client.close();
});
