// A provider that does as a test says: its discovery and keys are right, and what its token endpoint
// gives is whatever the test makes of a right ID token.
import { randomBytes } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';

export class FalsePortal {
    // What the next token is: claims over the right ones (undefined takes one away), header, key.
    next = {};

    requests = []; // what was pushed, by request_uri

    everybody = null; // for a browser: whoever comes to /auth is signed in with these claims

    constructor({ issuer, key, kid = 'false-1', pushes = true }) {
        Object.assign(this, { issuer, key, kid, pushes });
    }

    async token(claims, header = {}, key = this.key.privateKey) {
        const now = Math.floor(Date.now() / 1000);
        const right = { iss: this.issuer, aud: 'dancu', sub: 'u-1', acr: 'muc-2', iat: now, exp: now + 300 };
        const all = Object.fromEntries(Object.entries({ ...right, ...claims })
            .filter(([, value]) => value !== undefined));
        return new SignJWT(all).setProtectedHeader({ alg: 'ES256', kid: this.kid, ...header }).sign(key);
    }

    async #answer(path, form) {
        if (path === '/.well-known/openid-configuration') {
            return [200, { issuer: this.issuer, authorization_endpoint: `${this.issuer}/auth`,
                token_endpoint: `${this.issuer}/token`, jwks_uri: `${this.issuer}/jwks`,
                end_session_endpoint: `${this.issuer}/end`,
                ...(this.pushes
                    ? { pushed_authorization_request_endpoint: `${this.issuer}/push` } : {}) }];
        }
        if (path === '/auth' && this.everybody !== null) {
            const { state, nonce, redirect_uri: back } = this.requests.at(-1);
            this.next = { claims: { nonce, ...this.everybody } };
            return [303, {}, `${back}?state=${state}&code=c`];
        }
        if (path === '/end' && this.everybody !== null) {
            return [200, { ended: true }];
        }
        if (path === '/jwks') {
            return [200, { keys: [{ ...await exportJWK(this.key.publicKey), kid: this.kid, use: 'sig' }] }];
        }
        if (path === '/push') {
            const request_uri = `urn:ietf:params:oauth:request_uri:${randomBytes(8).toString('hex')}`;
            this.requests.push(form);
            return [201, { request_uri, expires_in: 60 }];
        }
        if (path === '/token') {
            this.asked = form;
            const { claims = {}, header, key, answer } = this.next;
            return answer ?? [200, { token_type: 'Bearer', access_token: 'none',
                id_token: await this.token(claims, header, key) }];
        }
        return [404, {}];
    }

    handler() {
        return async (request, response) => {
            let text = '';
            for await (const bytes of request) {
                text += bytes;
            }
            const [status, body, location] = await this.#answer(new URL(request.url, this.issuer).pathname,
                Object.fromEntries(new URLSearchParams(text)));
            response.writeHead(status, { 'content-type': 'application/json',
                ...(location ? { location } : {}) });
            response.end(JSON.stringify(body));
        };
    }
}
