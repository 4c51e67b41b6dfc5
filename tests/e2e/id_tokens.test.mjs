// The same ID tokens shown to dancu and to a client that is not ours (npm `openid-client`, with its
// signature checks on): what each says of each. Where the two differ, it is dancu that is the stricter,
// for a reason that stands in the row.
import assert from 'node:assert/strict';
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import * as reference from 'openid-client';
import { CLAIM, CLIENT, fetchBy } from '../../tools/demo-portal.mjs';
import { Citizens } from './lib/citizens.mjs';
import { demonstration } from './lib/demo.mjs';
import { serve } from './lib/server.mjs';
import { Visitor } from './lib/visitor.mjs';

const now = () => Math.floor(Date.now() / 1000);
const pair = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve });
const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
    .toString('base64url');
let demo;
let server;
let citizens;
let client;
let person;

before(async () => {
    demo = await demonstration('id-tokens');
    [person] = demo.samples();
    citizens = await Citizens.open(demo);
    server = await serve(demo, { edges: 1, args: citizens.args });
    await citizens.ready(server);
    client = await reference.discovery(new URL(citizens.portal.issuer), CLIENT,
        { id_token_signed_response_alg: 'ES256' }, reference.None(), {
            [reference.customFetch]: fetchBy(demo.ca),
            execute: [reference.enableNonRepudiationChecks],
        });
});
after(async () => {
    await server?.stop();
    citizens?.close();
    demo?.remove();
});

// What both are shown: whatever a row makes of a right token.
async function made({ claims = {}, header = {}, key, token = (right) => right }, nonce) {
    return token(await citizens.portal.token({ nonce, sub: 'u-1', [CLAIM]: person.id, ...claims },
        header, key), nonce);
}

async function both(row) {
    const visitor = new Visitor(demo.ca);
    await visitor.send(`${citizens.site}/signin?provider=BCA`);
    const { state, nonce } = citizens.portal.requests.at(-1);
    const id_token = await made(row, nonce);
    citizens.portal.next = { answer: [200, { token_type: 'Bearer', access_token: 'none', id_token }] };
    const back = `${citizens.site}/signin/callback?state=${state}&code=c`;
    const ours = (await visitor.send(back)).status === 303;
    const theirs = await reference.authorizationCodeGrant(client, new URL(back), {
        expectedNonce: nonce, expectedState: state, idTokenExpected: true,
        pkceCodeVerifier: 'v'.repeat(43),
    }).then(() => true, (error) => {
        assert.match(error.code ?? '', /^OAUTH_/u, error.stack);
        return false;
    });
    return { ours, theirs };
}

// By the reference's rules too: [dancu takes it, openid-client takes it, what the token is].
const stranger = pair();
const resigned = (change) => (right) => {
    const [header, body, signature] = right.split('.');
    return change(header, body, signature);
};
const json = (text) => JSON.parse(Buffer.from(text, 'base64url').toString());
// Signed over bytes that no library writes.
const signed = (change) => resigned((header, body) => {
    const text = change(header, body);
    const signature = createSign('sha256').update(text).sign({
        key: citizens.portal.key.privateKey, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
});
const rows = {
    'a right one': [true, true, {}],
    'one for us alone, in a list': [true, true, { claims: { aud: [CLIENT] } }],
    'one whose receiver is named, too': [true, true, { claims: { azp: CLIENT } }],
    'for another audience': [false, false, { claims: { aud: 'another' } }],
    'for several, issued to another': [false, false, { claims: { aud: [CLIENT, 'x'], azp: 'x' } }],
    'for several, issued to nobody': [false, false, { claims: { aud: [CLIENT, 'x'] } }],
    'without audience': [false, false, { claims: { aud: undefined } }],
    'of another issuer': [false, false, { claims: { iss: 'https://other.example' } }],
    'without issuer': [false, false, { claims: { iss: undefined } }],
    'without subject': [false, false, { claims: { sub: undefined } }],
    'without a time of issue': [false, false, { claims: { iat: undefined } }],
    'without an end': [false, false, { claims: { exp: undefined } }],
    'that has ended': [false, false, { claims: { iat: now() - 400, exp: now() - 100 } }],
    'that is not good yet': [false, false, { claims: { nbf: now() + 600 } }],
    'with another nonce': [false, false, { claims: { nonce: 'A'.repeat(43) } }],
    'without nonce': [false, false, { claims: { nonce: undefined } }],
    'signed by another key': [false, false, { key: stranger.privateKey }],
    'of a key that is not published': [false, false, { header: { kid: 'new' }, key: stranger.privateKey }],
    'not signed': [false, false, { token: resigned((header, body) =>
        `${part({ ...json(header), alg: 'none' })}.${body}.`) }],
    'signed with the public key as a secret': [false, false, { token: resigned((header, body) => {
        const text = `${part({ ...json(header), alg: 'HS256' })}.${body}`;
        const secret = citizens.portal.key.publicKey.export({ type: 'spki', format: 'pem' });
        return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
    }) }],
    'whose body was changed': [false, false, { token: resigned((header, body, signature) =>
        `${header}.${part({ ...json(body), [CLAIM]: '079090900009' })}.${signature}`) }],
    'whose signature is cut short': [false, false, { token: (right) => right.slice(0, -2) }],
    'of four parts': [false, false, { token: (right) => `${right}.x` }],
    'that must be understood in a way nobody knows': [false, false, { token: signed((header, body) =>
        `${part({ ...json(header), crit: ['x'], x: 1 })}.${body}`) }],

    // dancu is the stricter.
    'of a lower level': [false, true, { claims: { acr: 'muc-1' } }], // which level is wanted, is ours
    'of no level': [false, true, { claims: { acr: undefined } }],
    'that names no personal number': [false, true, { claims: { [CLAIM]: undefined } }], // our claim
    'that is ten minutes old': [false, true, { claims: { iat: now() - 700, exp: now() + 300 } }], // replays
    'of another type': [false, true, { header: { typ: 'at+jwt' } }], // an access token is no ID token
    'that says a member twice': [false, true, { token: signed((header, body) => // two readers, two citizens
        `${header}.${part(`{"sub":"u-2",${JSON.stringify(json(body)).slice(1)}`)}`) }],
};

for (const [name, [ours, theirs, row]] of Object.entries(rows)) {
    test(`a token ${name} is ${ours ? 'taken' : 'refused'}; by openid-client it is ${theirs ? 'taken' : 'refused'}`,
        async () => {
            assert.deepEqual(await both(row), { ours, theirs });
        });
}

test('nothing that openid-client refuses is taken by dancu', () => {
    const laxer = Object.entries(rows).filter(([, [ours, theirs]]) => ours && !theirs);
    assert.deepEqual(laxer, []);
});
