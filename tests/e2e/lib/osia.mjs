// A client of OSIA that knows the standard and nothing of dancu but three header fields: it builds
// requests as the standard's description has them, and holds every response against schemas written
// from that description (Data Access 1.3.0, Third Party Services 1.2.0).
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import Ajv from 'ajv';
import { Http2Client } from './client.mjs';

const error = {
    type: 'object', additionalProperties: false, required: ['code', 'message'],
    properties: {
        code: { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
        message: { type: 'string' },
    },
};
const scalar = { type: ['string', 'integer', 'number', 'boolean'] };
const attributes = {
    type: 'object', additionalProperties: { oneOf: [scalar, error] },
};
const matchingError = {
    type: 'array',
    items: {
        type: 'object', required: ['attributeName', 'errorCode'],
        properties: { attributeName: { type: 'string' }, errorCode: { enum: [0, 1] } },
    },
};
const attributeSet = {
    type: 'object', additionalProperties: false,
    properties: {
        biographicData: { type: 'object', additionalProperties: true },
        biometricData: { type: 'array' }, credentialData: { type: 'array' },
        contactData: { type: 'object' }, encryption: { type: 'object' },
        integrity: { type: 'array' },
    },
};
const verifyResult = {
    type: 'object', required: ['verificationCode', 'verificationMessage'],
    properties: {
        verificationCode: { type: 'integer' }, verificationMessage: { type: 'string' },
        verificationProof: { type: 'string' },
    },
};
const ajv = new Ajv({ allowUnionTypes: true });
const checks = Object.fromEntries(Object.entries({
    error, attributes, matchingError, truth: { type: 'boolean' }, attributeSet, verifyResult,
}).map(([name, schema]) => [name, ajv.compile(schema)]));

// Statuses that the standard has for each operation, and those that HTTP and the law add.
const STATUSES = [200, 400, 401, 403, 404, 500];
const ADDED = [405, 406, 409, 413, 415, 429, 503];

// A header field's value: what is not visible ASCII is escaped.
export const escaped = (text) => text.replace(/[^ -~]|%/gu, (c) => encodeURIComponent(c));

const addressOf = (base, ...segments) =>
    [`/osia/${base}/v1`, ...segments.map(encodeURIComponent)].join('/');

const transaction = (parameters) =>
    `?${new URLSearchParams({ transactionId: randomUUID(), ...parameters })}`;

export class OsiaClient {
    constructor(options, { business, file, person }) {
        this.client = new Http2Client(options);
        this.business = business;
        this.file = file;
        this.person = person;
    }

    // The same client about another person, for another business...
    with(changes) {
        return Object.assign(Object.create(OsiaClient.prototype), this, changes);
    }

    get headers() {
        return {
            'dancu-business': this.business, 'dancu-case': escaped(this.file),
            ...(this.anonymous ? {} : {
                'dancu-name': escaped(this.person.full_name),
                'dancu-birth-date': this.person.birth_date,
            }),
            'accept-language': 'en', ...this.more,
        };
    }

    async call(schema, method, path, body) {
        const client = this.off ? this.client.off : this.client;
        const answer = await client.request({
            method, path, body: body === undefined ? undefined : JSON.stringify(body),
            headers: { ...this.headers,
                ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        });
        assert.ok([...STATUSES, ...ADDED].includes(answer.status), `${answer.status}`);
        assert.equal(answer.headers['content-type'], 'application/json');
        const check = answer.status === 200 ? checks[schema] : checks.error;
        assert.ok(check(answer.json), `${method}: ${answer.text} ${JSON.stringify(check.errors)}`);
        return answer;
    }

    readPersonAttributes(names, uin = this.person.id) {
        const query = names.map((name) => `attributeNames=${encodeURIComponent(name)}`).join('&');
        return this.call('attributes', 'GET', `${addressOf('data-access', 'persons', uin)}?${query}`);
    }

    matchPersonAttributes(values, uin = this.person.id) {
        return this.call('matchingError', 'POST',
            addressOf('data-access', 'persons', uin, 'match'), values);
    }

    verifyPersonAttributes(expressions, uin = this.person.id) {
        return this.call('truth', 'POST', addressOf('data-access', 'persons', uin, 'verify'),
            expressions.map(([attributeName, operator, value]) =>
                ({ attributeName, operator, value })));
    }

    verify(biographicData, parameters, identifier = this.person.id) {
        return this.call('verifyResult', 'POST',
            addressOf('third-party', 'verify', identifier) + transaction(parameters),
            { biographicData });
    }

    readAttributeSet(name, parameters, identifier = this.person.id) {
        return this.call('attributeSet', 'GET',
            addressOf('third-party', 'attributes', name, identifier) + transaction(parameters));
    }

    readAttributes(outputBiographicData, parameters, identifier = this.person.id) {
        return this.call('attributeSet', 'POST',
            addressOf('third-party', 'attributes', identifier) + transaction(parameters),
            { outputBiographicData });
    }

    // The second way of each operation: by POST to `path`, everything in the body.
    whole(schema, path, body) {
        return this.with({ anonymous: true }).call(schema, 'POST', `/osia/${path}`, body);
    }

    get(path, headers) {
        return this.client.get(path, headers);
    }

    close() {
        return this.client.close();
    }
}
