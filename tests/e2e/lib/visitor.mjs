// A browser as far as a sign-in needs one: cookies by host and port, redirects one by one, forms. What
// comes from `ours` is held against docs/openapi.yaml.
import https from 'node:https';
import { checkResponse } from './contract.mjs';

const MS_MAX = 10_000;

export class Visitor {
    #ca;
    #ours;
    cookies = new Map(); // `host:port name` -> { value, attributes }

    constructor(ca, ours) {
        this.#ca = ca;
        this.#ours = ours;
    }

    // Everything that it holds of one place, as it would send it.
    #cookieLine(url) {
        return [...this.cookies].filter(([key]) => key.startsWith(`${url.host} `))
            .map(([key, { value }]) => `${key.slice(url.host.length + 1)}=${value}`).join('; ');
    }

    #keep(url, lines) {
        for (const line of lines) {
            const [pair, ...attributes] = line.split(/;\s*/u);
            const [name, ...value] = pair.split('=');
            const key = `${url.host} ${name}`;
            const over = attributes.some((one) => /^max-age=0$|expires=thu, 01 jan 1970/iu.test(one));
            if (over) {
                this.cookies.delete(key);
            } else {
                this.cookies.set(key, { value: value.join('='), attributes });
            }
        }
    }

    cookie(url, name) {
        return this.cookies.get(`${new URL(url).host} ${name}`);
    }

    // One request; no redirect is followed.
    async send(address, options = {}) {
        const answer = await this.#send(address, options);
        if (answer.url.origin === this.#ours) {
            const { method = 'GET' } = options;
            const { status, url, text, headers } = answer;
            const cookies = headers['set-cookie'];
            await checkResponse({ method, path: url.pathname + url.search }, {
                status, bytes: Buffer.from(text),
                headers: cookies ? { ...headers, 'set-cookie': cookies.join(', ') } : headers,
            });
        }
        return answer;
    }

    async #send(address, options) {
        const response = await this.open(address, options);
        const parts = [];
        for await (const part of response) {
            parts.push(part);
        }
        return { status: response.statusCode, headers: response.headers, url: response.url,
            us: Number(process.hrtime.bigint() - response.begun) / 1000,
            text: Buffer.concat(parts).toString() };
    }

    // The answer as it comes, for what is too long to be held; `url` is whose it is, and when it was
    // `begun`.
    open(address, { method = 'GET', form, headers = {}, body, agent = false } = {}) {
        const url = new URL(address);
        const text = form === undefined ? body : new URLSearchParams(form).toString();
        const cookie = this.#cookieLine(url);
        return new Promise((resolve, reject) => {
            const begun = process.hrtime.bigint();
            const request = https.request(url, {
                method, ca: this.#ca, timeout: MS_MAX, agent,
                headers: {
                    ...(cookie === '' ? {} : { cookie }),
                    ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
                    ...headers,
                },
            }, (response) => {
                this.#keep(url, response.headers['set-cookie'] ?? []);
                resolve(Object.assign(response, { url, begun }));
            });
            request.on('timeout', () => request.destroy(new Error(`no answer from ${url.host}`)));
            request.on('error', reject);
            request.end(text);
        });
    }

    // Follows redirects until there is none, or `stop` says so of the next address.
    async follow(address, { stop = () => false, ...options } = {}) {
        let answer = await this.send(address, options);
        for (let i = 0; i < 12 && [301, 302, 303, 307].includes(answer.status); i++) {
            const next = new URL(answer.headers.location, answer.url).href;
            if (stop(next)) {
                return { ...answer, next };
            }
            answer = await this.send(next);
        }
        return answer;
    }
}
