// The demonstration's portal: an OpenID provider (npm `oidc-provider`) at which ten of the
// demonstration's people sign in by choosing who they are. No password, no check: a demonstration,
// and marked as one on each page. `./run` starts it beside the server; tests make their own.
//   node tools/demo-portal.mjs DEMO PORT PUBLIC_URL
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import Provider from 'oidc-provider';

export const LEVEL = 'muc-2';
export const CLAIM = 'personal_id';
export const CLIENT = 'dancu';
export const KEY = 'demo-1';
const PEOPLE = 10;

const escaped = (text) => text.replace(/[&<>"]/gu,
    (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]);

const page = (title, body) => `<!DOCTYPE html>
<html lang="vi"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width,initial-scale=1"></head>
<body><main><p role="note"><strong>TRÌNH DIỄN: đây không phải cổng thật. <span lang="en">DEMONSTRATION: this is
no real portal.</span></strong></p>
<h1>${title}</h1>
${body}</main></body></html>`;

const jwk = (key, more) => ({ ...key.export({ format: 'jwk' }), ...more });

// Whoever chooses a person is signed in as that one.
function choice(uid, citizens) {
    const rows = citizens.map(({ sub, name }) =>
        `<p><button name="sub" value="${escaped(sub)}">${escaped(name)}</button></p>`);
    return page('Bạn là ai? (who are you?)',
        `<form method="post" action="/chon/${encodeURIComponent(uid)}">\n${rows.join('\n')}\n</form>`);
}

// The body of a small form.
async function form(request) {
    let text = '';
    for await (const bytes of request) {
        text += bytes;
        if (text.length > 4096) {
            throw new Error('too long');
        }
    }
    return new URLSearchParams(text);
}

// { issuer, publicUrl, signKey, clientKey (PEM), citizens [{ sub, name, id }], fetch?, client?, more? }
export function provider({ issuer, publicUrl, signKey, clientKey, citizens, fetch, client, more }) {
    const find = (sub) => citizens.find((one) => one.sub === sub);
    const made = new Provider(issuer, {
        clients: [{
            client_id: CLIENT,
            client_name: 'dancu',
            redirect_uris: [`${publicUrl}/signin/callback`],
            post_logout_redirect_uris: [`${publicUrl}/signin`],
            backchannel_logout_uri: `${publicUrl}/signin/backchannel`,
            grant_types: ['authorization_code'],
            response_types: ['code'],
            token_endpoint_auth_method: 'private_key_jwt',
            token_endpoint_auth_signing_alg: 'ES256',
            id_token_signed_response_alg: 'ES256',
            require_pushed_authorization_requests: true,
            jwks: { keys: [jwk(createPublicKey(clientKey), { alg: 'ES256', use: 'sig' })] },
            ...client,
        }],
        jwks: { keys: [jwk(createPrivateKey(signKey), { kid: KEY, alg: 'ES256', use: 'sig' })] },
        features: {
            devInteractions: { enabled: false },
            pushedAuthorizationRequests: { enabled: true },
            claimsParameter: { enabled: true },
            backchannelLogout: { enabled: true },
            rpInitiatedLogout: {
                enabled: true,
                logoutSource: (ctx, inner) => {
                    ctx.body = page('Đăng xuất? (sign out?)', `${inner}
<p><button type="submit" form="op.logoutForm" value="yes" name="logout">Đăng xuất (sign out)</button></p>`);
                },
                postLogoutSuccessSource: (ctx) => {
                    ctx.body = page('Đã đăng xuất (signed out)', '');
                },
            },
        },
        pkce: { required: () => true },
        acrValues: [LEVEL],
        claims: { openid: ['sub', CLAIM], acr: null },
        cookies: { keys: [randomBytes(32).toString('hex')] },
        ttl: { Session: 3600, Interaction: 600, Grant: 3600, AccessToken: 60, IdToken: 300,
            AuthorizationCode: 60 },
        findAccount: (ctx, sub) => find(sub) && {
            accountId: sub, claims: async () => ({ sub, [CLAIM]: find(sub).id }),
        },
        interactions: { url: (ctx, interaction) => `/chon/${interaction.uid}` },
        renderError: (ctx, out) => {
            ctx.type = 'html';
            ctx.body = page('Không thực hiện được (not done)', `<p>${escaped(String(out.error))}</p>`);
        },
        async loadExistingGrant(ctx) {
            const grant = new made.Grant({
                clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
            });
            grant.addOIDCScope('openid');
            grant.addOIDCClaims([CLAIM, 'acr']);
            await grant.save();
            return grant;
        },
        ...(fetch ? { fetch } : {}),
        ...more,
    });
    const callback = made.callback();
    return async (request, response) => {
        const uid = request.url.startsWith('/chon/') ? decodeURIComponent(request.url.slice(6)) : null;
        if (uid === null) {
            callback(request, response);
            return;
        }
        try {
            if (request.method === 'GET') {
                response.setHeader('content-type', 'text/html; charset=utf-8');
                response.end(choice(uid, citizens));
                return;
            }
            const sub = (await form(request)).get('sub');
            await made.interactionFinished(request, response,
                find(sub) ? { login: { accountId: sub, acr: LEVEL } } : { error: 'access_denied' });
        } catch {
            response.statusCode = 400;
            response.end();
        }
    };
}

// Listens with TLS; the certificate is the demonstration's own.
export function listen(handler, port, { cert, key }) {
    return new Promise((resolve, reject) => {
        const server = https.createServer({ cert, key }, handler);
        server.on('error', reject).listen(port, '127.0.0.1', () => resolve(server));
    });
}

// A fetch that trusts the demonstration's own authority.
export function fetchBy(ca) {
    return (url, { method = 'GET', headers, body } = {}) => new Promise((resolve, reject) => {
        const request = https.request(url, {
            method, ca, headers: Object.fromEntries(new Headers(headers)),
        }, (response) => {
            const parts = [];
            response.on('data', (part) => parts.push(part));
            response.on('end', () => resolve(new Response(
                parts.length > 0 ? Buffer.concat(parts) : null,
                { status: response.statusCode, headers: response.headers },
            )));
        });
        request.on('error', reject);
        request.end(body === undefined ? undefined : String(body));
    });
}

export function peopleOf(samples) {
    return samples.slice(0, PEOPLE).map((person, at) => ({
        sub: `trinh-dien-${at + 1}`, name: person.full_name ?? person.name, id: person.id,
    }));
}

async function main([demo, port, publicUrl]) {
    const read = (name) => readFileSync(path.join(demo, name));
    const samples = String(read('samples.ndjson')).split('\n').filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    const handler = provider({
        issuer: `https://localhost:${port}`, publicUrl, citizens: peopleOf(samples),
        signKey: read('portal/sign.pem'), clientKey: read('portal/client.pub.pem'),
        fetch: fetchBy(read('ca.pem')),
    });
    await listen(handler, Number(port), { cert: read('tls/cert.pem'), key: read('tls/key.pem') });
    const parent = process.ppid; // it ends with the server beside which it was started
    setInterval(() => process.ppid === parent || process.exit(0), 1000);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    await main(process.argv.slice(2));
}
