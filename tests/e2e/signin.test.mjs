// Citizens sign in over a portal: `oidc-provider` from npm carries it, and a provider that lies tries
// what one could try. What is not exactly right opens no session, and is recorded.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { once } from 'node:events';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CLAIM, CLIENT, fetchBy, KEY, LEVEL, peopleOf, provider } from '../../tools/demo-portal.mjs';
import { until } from './lib/command.mjs';
import { demonstration } from './lib/demo.mjs';
import { FalsePortal } from './lib/false_portal.mjs';
import { serve } from './lib/server.mjs';
import { Visitor } from './lib/visitor.mjs';

const SESSION = '__Host-dancu-session';
const SECRET = '__Host-dancu-signin';
const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key) => key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' });

let demo;
let server;
let site; // the public listener
let citizens;
let lying;
const listeners = [];

// A listener with TLS on a free port; what answers there is told later.
async function place() {
    let tell;
    const told = new Promise((resolve) => {
        tell = resolve;
    });
    const listener = https.createServer({ cert: readFileSync(path.join(demo.tls, 'cert.pem')),
        key: readFileSync(path.join(demo.tls, 'key.pem')) },
    async (request, response) => (await told)(request, response));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    listeners.push(listener);
    return { tell, port: listener.address().port, issuer: `https://localhost:${listener.address().port}` };
}

const folder = () => path.join(demo.dir, 'signin');

// A provider on file, as officers register it; and our key there.
async function register(code, channel, account, issuer, kid, key) {
    const ours = pair();
    const file = path.join(demo.dir, `${code}.pub.pem`);
    mkdirSync(folder(), { recursive: true });
    writeFileSync(path.join(folder(), `${channel}.key`), pem(ours.privateKey), { mode: 0o600 });
    copyFileSync(path.join(demo.dir, 'ca.pem'), path.join(folder(), `${channel}-ca.pem`));
    writeFileSync(file, pem(key));
    await demo.act('provider', 'add', code, '--name', `Cổng ${code}`, '--account', account,
        '--issuer', issuer, '--client', CLIENT, '--claim', CLAIM, '--acr', LEVEL);
    await demo.act('provider', 'key-put', code, '--kid', kid, '--alg', 'ES256',
        '--public-key', file, '--reason', 'asked by telephone');
    return ours;
}

before(async () => {
    demo = await demonstration('signin');
    citizens = peopleOf(demo.samples());
    const good = await place();
    const bad = await place();
    const signing = pair();
    await demo.act('provider', 'end', 'CDVC', '--reason', 'the demonstration has one of its own');
    const ours = await register('TRINHDIEN', 'national_portal', 'national-portal', good.issuer, KEY,
        signing.publicKey);
    lying = new FalsePortal({ issuer: bad.issuer, key: pair() });
    await register('BCA', 'mps_portal', 'mps-portal', bad.issuer, lying.kid, lying.key.publicKey);
    server = await serve(demo, { args: ['--signin', folder(), '--national-portal', `127.0.0.1:${good.port}`,
        '--mps-portal', `127.0.0.1:${bad.port}`] });
    site = `https://localhost:${server.publicPort}`;
    good.tell(provider({ issuer: good.issuer, publicUrl: site, citizens, fetch: fetchBy(demo.ca),
        signKey: pem(signing.privateKey), clientKey: pem(ours.publicKey) }));
    bad.tell(lying.handler());
    await until('both providers are there', () =>
        (server.said.match(/ready=1/gu) ?? []).length === 2);
});
after(async () => {
    await server?.stop();
    listeners.forEach((one) => one.closeAllConnections() ?? one.close());
    demo?.remove();
});

const atSite = (next) => next.startsWith(`${site}/signin/callback`);
const refusals = async () => {
    const { stdout } = await demo.dancu(['ledger', 'show', '--last', '200']);
    return (stdout.match(/signin\.refused/gu) ?? []).length;
};
let shown = 0; // what was shown and not one's own: each is recorded
const why = (code) => until(`a refusal is told: ${code}`, () => last() === code, { timeoutMs: 5000 });
const last = () => server.said.match(/refused why=\w+/gu)?.at(-1)?.split('why=')[1];

// To the portal, chooses a citizen there, and is on the way back: the address of the return.
async function returning(visitor, citizen = citizens[0]) {
    const choice = await visitor.follow(`${site}/signin?provider=TRINHDIEN`, { stop: atSite });
    if (choice.next) { // the portal knows this browser already
        return choice.next;
    }
    assert.match(choice.text, /TRÌNH DIỄN/u);
    const back = await visitor.follow(choice.url.href, {
        method: 'POST', form: { sub: citizen.sub }, stop: atSite,
    });
    assert.ok(back.next, back.text);
    return back.next;
}

async function signedIn(citizen) {
    const visitor = new Visitor(demo.ca, site);
    const answer = await visitor.send(await returning(visitor, citizen));
    assert.equal(answer.status, 303, answer.text);
    return visitor;
}

describe('a citizen', () => {
    test('signs in over the portal and has a session that only this browser holds', async () => {
        const visitor = new Visitor(demo.ca, site);
        assert.match((await visitor.send(`${site}/signin`)).text, /provider=TRINHDIEN/u);
        const next = await returning(visitor);
        assert.ok(visitor.cookie(site, SECRET));
        const answer = await visitor.send(next);
        assert.equal(answer.status, 303);
        assert.equal(answer.headers.location, '/me');
        const { value, attributes } = visitor.cookie(site, SESSION);
        assert.equal(Buffer.from(value, 'base64url').length, 32);
        for (const wanted of ['Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax', 'Max-Age=3600']) {
            assert.ok(attributes.includes(wanted), wanted);
        }
        assert.ok(!attributes.some((one) => one.startsWith('Domain')));
        assert.equal(visitor.cookie(site, SECRET), undefined);
    });

    test('has signed in on record', async () => {
        const signIns = async () => ((await demo.dancu(['ledger', 'show', '--last', '200'])).stdout
            .match(/signin\.done/gu) ?? []).length;
        await until('the one before is published', async () => await signIns() === 1);
        await signedIn(citizens[0]);
        await until('it is published', async () => await signIns() === 2);
    });

    test('who comes with a cookie of his own choice gets another one (session fixation)', async () => {
        const visitor = new Visitor(demo.ca, site);
        const planted = Buffer.alloc(32, 7).toString('base64url');
        visitor.cookies.set(`${new URL(site).host} ${SESSION}`, { value: planted, attributes: [] });
        await visitor.send(await returning(visitor));
        assert.notEqual(visitor.cookie(site, SESSION).value, planted);
    });

    test('is not signed in when he declines at the portal', async () => {
        const visitor = new Visitor(demo.ca, site);
        const answer = await visitor.send(await returning(visitor, { sub: 'nobody' }));
        assert.equal(answer.status, 403);
        await why('denied');
        assert.equal(visitor.cookie(site, SESSION), undefined);
    });
});

describe('a return from the portal', () => {
    test('is good once', async () => {
        const visitor = new Visitor(demo.ca, site);
        const next = await returning(visitor);
        assert.equal((await visitor.send(next)).status, 303);
        assert.equal((await visitor.send(next)).status, 403);
        await why('state_unknown');
    });

    test('with a code that was used is refused by the portal and recorded', async () => {
        const visitor = new Visitor(demo.ca, site);
        const used = new URL(await returning(visitor));
        assert.equal((await visitor.send(used)).status, 303);
        const again = new URL(await returning(visitor));
        again.searchParams.set('code', used.searchParams.get('code'));
        assert.equal((await visitor.send(again)).status, 403);
        await why('code_refused');
        shown++;
    });

    test('in another browser is refused, recorded, and of no use to the first any more', async () => {
        const visitor = new Visitor(demo.ca, site);
        const next = await returning(visitor);
        const thief = new Visitor(demo.ca, site);
        assert.equal((await thief.send(next)).status, 403);
        await why('other_browser');
        assert.equal(thief.cookie(site, SESSION), undefined);
        shown++;
        assert.equal((await visitor.send(next)).status, 403);
    });

    test('from another provider than the one that was asked is refused', async () => {
        const visitor = new Visitor(demo.ca, site);
        const next = new URL(await returning(visitor));
        next.searchParams.set('iss', lying.issuer);
        assert.equal((await visitor.send(next)).status, 403);
        await why('token_issuer');
        shown++;
    });

    test('without state, code or sense is refused and not recorded', async () => {
        for (const query of ['', '?code=a', '?state=a&code=b', '?state=a&state=b&code=c',
            `?state=${'A'.repeat(43)}&code=b`, '?state=%ff&code=a', '?provider=BCA&error=x']) {
            const answer = await new Visitor(demo.ca, site).send(`${site}/signin/callback${query}`);
            assert.equal(answer.status, 403, query);
        }
    });
});

// Begins at the lying provider: what the browser brings back, and the nonce that was asked for.
async function begun(visitor) {
    const answer = await visitor.send(`${site}/signin?provider=BCA`);
    assert.equal(answer.status, 303, answer.text);
    assert.ok(answer.headers.location.startsWith(`${lying.issuer}/auth?client_id=dancu&request_uri=`));
    const { state, nonce } = lying.requests.at(-1);
    return { state, nonce, back: `${site}/signin/callback?state=${state}&code=c` };
}

describe('a token', () => {
    const stranger = pair();
    const now = () => Math.floor(Date.now() / 1000);
    const rows = {
        'for another audience': [{ aud: 'another' }, {}, undefined, 'token_audience'],
        'for several, and issued to another': [{ aud: ['dancu', 'x'], azp: 'x' }, {}, undefined,
            'token_audience'],
        'of another issuer': [{ iss: 'https://other.example' }, {}, undefined, 'token_issuer'],
        'signed by another key': [{}, {}, stranger.privateKey, 'token_signature'],
        'signed by a key that no officer has confirmed': [{}, { kid: 'new' }, stranger.privateKey,
            'token_key'],
        'that has expired': [{ iat: now() - 400, exp: now() - 100 }, {}, undefined, 'token_time'],
        'that is old': [{ iat: now() - 700, exp: now() + 300 }, {}, undefined, 'token_time'],
        'with another nonce': [{ nonce: createHash('sha256').update('x').digest('base64url') }, {},
            undefined, 'token_nonce'],
        'without nonce': [{ nonce: undefined }, {}, undefined, 'token_nonce'],
        'of a lower level': [{ acr: 'muc-1' }, {}, undefined, 'token_level'],
        'that names no personal number': [{ [CLAIM]: 'Lan' }, {}, undefined, 'token_citizen'],
        'of another type': [{}, { typ: 'at+jwt' }, undefined, 'token_malformed'],
    };
    for (const [name, [claims, header, key, code]] of Object.entries(rows)) {
        test(`${name} opens no session and is recorded`, async () => {
            const visitor = new Visitor(demo.ca, site);
            const { nonce, back } = await begun(visitor);
            lying.next = { claims: { nonce, [CLAIM]: citizens[1].id, ...claims }, header, key };
            const answer = await visitor.send(back);
            assert.equal(answer.status, 403);
            assert.equal(visitor.cookie(site, SESSION), undefined);
            shown++;
            if (code !== 'token_nonce') {
                await why(code);
            }
        });
    }

    test('that is right opens one; the request was pushed, with proof of possession', async () => {
        const visitor = new Visitor(demo.ca, site);
        const { nonce, back } = await begun(visitor);
        lying.next = { claims: { nonce, [CLAIM]: citizens[1].id } };
        assert.equal((await visitor.send(back)).status, 303);
        const pushed = lying.requests.at(-1);
        assert.equal(pushed.code_challenge_method, 'S256');
        assert.equal(pushed.code_challenge,
            createHash('sha256').update(lying.asked.code_verifier).digest('base64url'));
        assert.equal(pushed.acr_values, LEVEL);
        assert.equal(lying.asked.client_assertion_type,
            'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
        const secret = nonce; // the hash of what only the browser had
        assert.equal(Buffer.from(secret, 'base64url').length, 32);
    });

    test('that was good for another browser is not for this one', async () => {
        const victim = new Visitor(demo.ca, site);
        const theirs = await begun(victim);
        const thief = new Visitor(demo.ca, site);
        const { back } = await begun(thief);
        lying.next = { claims: { nonce: theirs.nonce, [CLAIM]: citizens[1].id } };
        assert.equal((await thief.send(back)).status, 403); // admitted under the victim's nonce
        shown++;
        assert.equal(thief.cookie(site, SESSION), undefined);
    });

    test('that does not come, or is none, is no session', async () => {
        for (const answer of [[500, {}], [200, {}], [200, { id_token: 'x' }], [401, { error: 'invalid_client' }]]) {
            const visitor = new Visitor(demo.ca, site);
            const { back } = await begun(visitor);
            lying.next = { answer };
            assert.notEqual((await visitor.send(back)).status, 303);
        }
        shown++; // the one that is no token
    });
});

test('what was shown and not one\'s own is in the log, each once, and nothing else', async () => {
    assert.ok(shown >= 15);
    await until(`${shown} refusals are published`, async () => await refusals() >= shown);
    assert.equal(await refusals(), shown);
});

describe('a session', () => {
    const csrfOf = (visitor) => createHash('sha256').update(Buffer.concat([Buffer.from('dancu csrf 1\0'),
        Buffer.from(visitor.cookie(site, SESSION).value, 'base64url')])).digest('base64url');
    const signOut = (visitor, form, headers) =>
        visitor.send(`${site}/signout`, { method: 'POST', form, headers });

    test('ends here and is led to its end at the portal', async () => {
        const visitor = await signedIn(citizens[2]);
        const answer = await signOut(visitor, { csrf: csrfOf(visitor) },
            { origin: site, 'sec-fetch-site': 'same-origin' });
        assert.equal(answer.status, 303);
        assert.match(answer.headers.location, /\/session\/end\?client_id=dancu&post_logout/u);
        assert.equal(visitor.cookie(site, SESSION), undefined);
        const there = await visitor.follow(answer.headers.location);
        assert.equal(there.status, 200);
        assert.match(there.text, /Đăng xuất/u);
    });

    test('is not ended by another site', async () => {
        const visitor = await signedIn(citizens[3]);
        const csrf = csrfOf(visitor);
        for (const [form, headers] of [[{}, {}], [{ csrf: 'x' }, {}], [{ csrf: csrf.slice(1) }, {}],
            [{ csrf }, { 'sec-fetch-site': 'cross-site' }], [{ csrf }, { origin: 'https://x.example' }],
            [{ csrf }, { 'sec-fetch-site': 'same-site', origin: site }], [{ csrf }, { origin: 'null' }]]) {
            assert.equal((await signOut(visitor, form, headers)).status, 401, JSON.stringify(form));
        }
        assert.ok(visitor.cookie(site, SESSION));
        assert.equal((await signOut(visitor, { csrf }, { origin: site })).status, 303);
    });

    test('is ended by the portal\'s own word over the back channel, and by no other', async () => {
        const visitor = new Visitor(demo.ca, site);
        const { nonce, back } = await begun(visitor);
        lying.next = { claims: { nonce, [CLAIM]: citizens[4].id, sub: 'u-4', sid: 's-4' } };
        assert.equal((await visitor.send(back)).status, 303);
        const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
        const typ = 'logout+jwt';
        const tell = async (token) => (await new Visitor(demo.ca, site).send(`${site}/signin/backchannel`,
            { method: 'POST', form: { logout_token: token } })).status;
        const plain = { acr: undefined, sub: 'u-4' };
        assert.equal(await tell(await lying.token({ ...plain, events }, { typ }, pair().privateKey)), 400);
        assert.equal(await tell(await lying.token({ ...plain, events })), 400);
        assert.equal(await tell(await lying.token(plain, { typ })), 400);
        assert.equal(await tell(await lying.token({ ...plain, events, nonce }, { typ })), 400);
        assert.equal(await tell('x'), 400);
        assert.equal(await tell(await lying.token({ ...plain, sub: undefined, events }, { typ })), 400);
        assert.equal(await tell(await lying.token({ ...plain, sub: undefined, sid: 's-4', events },
            { typ })), 200);
        const answer = await signOut(visitor, { csrf: csrfOf(visitor) }, { origin: site });
        assert.equal(answer.headers.location, '/signin'); // there was none to end any more
    });
});

describe('the pages', () => {
    const formValue = (text) => text.match(/name="csrf" value="([\w-]{43})"/u)?.[1];

    test('show a citizen his own data, and nothing to who has not signed in', async () => {
        const visitor = await signedIn(citizens[6]);
        const page = await visitor.send(`${site}/me`);
        assert.equal(page.status, 200);
        assert.ok(!page.text.includes(citizens[6].id));
        const csrf = formValue(page.text);
        const own = await visitor.send(`${site}/me`, { method: 'POST', form: { csrf, verb: 'view' },
            headers: { origin: site, 'sec-fetch-site': 'same-origin' } });
        assert.equal(own.status, 200, own.text);
        assert.ok(own.text.includes(citizens[6].id) && own.text.includes(citizens[6].name));
        const nobody = await new Visitor(demo.ca, site).send(`${site}/me`);
        assert.equal(nobody.status, 303);
        assert.equal(nobody.headers.location, '/signin');
        assert.doesNotMatch(own.text, /<script/u);
    });

    test('act for no other site', async () => {
        const visitor = await signedIn(citizens[7]);
        const csrf = formValue((await visitor.send(`${site}/me`)).text);
        for (const [form, headers] of [[{ verb: 'view' }, {}], [{ csrf: 'x'.repeat(43), verb: 'view' }, {}],
            [{ csrf, verb: 'view' }, { origin: 'https://x.example' }]]) {
            assert.equal((await visitor.send(`${site}/me`, { method: 'POST', form, headers })).status, 401);
        }
        assert.equal((await visitor.send(`${site}/me`, { method: 'POST',
            form: { csrf, verb: 'hidden' } })).status, 404);
    });

    test('and programs get the same over the session', async () => {
        const visitor = await signedIn(citizens[8]);
        const answer = await visitor.send(`${site}/v1/me/view`, { method: 'POST', body: '{}',
            headers: { 'content-type': 'application/json', origin: site } });
        assert.equal(answer.status, 200, answer.text);
        assert.equal(JSON.parse(answer.text).result.numbers.id, citizens[8].id);
    });
});

test('a provider that is suspended has no session and no sign-in any more', async () => {
    const visitor = await signedIn(citizens[5]);
    await demo.act('provider', 'suspend', 'TRINHDIEN', '--reason', 'test');
    await until('it is gone from the page', async () =>
        !(await visitor.send(`${site}/signin`)).text.includes('provider=TRINHDIEN'));
    const answer = await visitor.send(`${site}/v1/me/view`, { method: 'POST', body: '{}',
        headers: { 'content-type': 'application/json' } });
    assert.equal(answer.status, 401);
});
