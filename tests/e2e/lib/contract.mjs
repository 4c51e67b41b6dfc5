// Every response that a client of these tests gets, held against docs/openapi.yaml (or, at OSIA's
// addresses, docs/osia.yaml) by a JSON Schema validator that is not ours. A response at an address, of a method, status, header field or body
// that is not documented is an error in the test that caused it. What is sent off the contract on
// purpose is marked so (`client.off`): what comes must be one of the responses of `x-anywhere` or
// of the operation, and conform to it.
import { createHash } from 'node:crypto';
import {
    appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync,
} from 'node:fs';
import path from 'node:path';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { root, workFolder } from './command.mjs';

export const documentPath = path.join(root, 'docs/openapi.yaml');
export const osiaPath = path.join(root, 'docs/osia.yaml');

// What every response may have besides what is documented: fields of HTTP itself.
const OF_HTTP = new Set(['content-type', 'content-length', 'date', 'connection']);
const ID = 'openapi';
const BINARY = new Set(['application/octet-stream', 'application/pdf', 'image/png', 'image/jpeg']);

const counts = { checked: 0, off: 0, wrong: [] };

export class Contract {
    #doc;
    #file;
    #ajv;
    #addresses;
    #validators = new Map();

    constructor(doc, file = documentPath) {
        this.#doc = doc;
        this.#file = path.relative(root, file);
        this.#ajv = new Ajv2020({ strict: false, allErrors: false });
        addFormats(this.#ajv);
        this.#ajv.addSchema({ ...this.#doc, $id: ID }, ID, false);
        this.#addresses = Object.entries(this.#doc.paths)
            // What is the address itself comes before what a template makes of it.
            .sort(([a], [b]) => a.includes('{') - b.includes('{'))
            .map(([template, item]) => ({ template, item, regex: this.#regexOf(template, item) }));
    }

    #at(pointer) {
        return pointer.slice(2).split('/').reduce((node, part) =>
            node[part.replaceAll('~1', '/').replaceAll('~0', '~')], this.#doc);
    }

    // A node that may be a reference, with the pointer at which it stands.
    #resolve(node, pointer) {
        return node?.$ref === undefined ? [node, pointer] : [this.#at(node.$ref), node.$ref];
    }

    // A template's parameters by their own patterns; one without takes a segment.
    #regexOf(template, item) {
        const parameters = [...item.parameters ?? [],
            ...Object.values(item).flatMap((one) => one.parameters ?? [])]
            .map((one) => this.#resolve(one)[0]).filter((one) => one.in === 'path');
        const source = template.split(/(\{[^}]+\})/).map((part) => {
            if (!part.startsWith('{')) {
                return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
            }
            const parameter = parameters.find((one) => `{${one.name}}` === part);
            const [schema] = this.#resolve(parameter.schema);
            return `(?:${schema.pattern?.replace(/^\^|\$$/g, '') ?? '[^/]+'})`;
        });
        return new RegExp(`^${source.join('')}$`);
    }

    #validate(pointer, value, what) {
        let validator = this.#validators.get(pointer);
        if (validator === undefined) {
            validator = this.#ajv.compile({ $ref: `${ID}${pointer}` });
            this.#validators.set(pointer, validator);
        }
        if (!validator(value)) {
            const [error] = validator.errors;
            throw new Error(`${what} at ${error.instancePath || '/'}: ${error.message} ` +
                JSON.stringify(error.params));
        }
    }

    // The documented responses that it may be, each with the pointer at which it stands.
    #documented(method, address, status, off) {
        const found = this.#addresses.find((one) => one.regex.test(address));
        const operation = found?.item[method.toLowerCase()];
        const escaped = found?.template.replaceAll('~', '~0').replaceAll('/', '~1');
        const places = [[operation?.responses,
            `#/paths/${escaped}/${method.toLowerCase()}/responses`]];
        if (off) {
            places.push([this.#doc['x-anywhere'].responses, '#/x-anywhere/responses']);
        } else if (operation === undefined) {
            throw new Error('no such address or method is documented');
        }
        const rows = places.filter(([responses]) => responses?.[status] !== undefined);
        if (rows.length === 0) {
            throw new Error('this status is not documented');
        }
        return rows.map(([responses, pointer]) =>
            this.#resolve(responses[status], `${pointer}/${status}`));
    }

    #checkFields(response, pointer, headers) {
        const rows = Object.entries(response.headers ?? {});
        for (const [name, row] of rows) {
            const [field, place] = this.#resolve(row, `${pointer}/headers/${name}`);
            const value = headers[name.toLowerCase()];
            if (value === undefined && field.required) {
                throw new Error(`the field ${name} is missing`);
            }
            if (value !== undefined) {
                this.#validate(`${place}/schema`, value, `the field ${name}`);
            }
        }
        const known = new Set(rows.map(([name]) => name.toLowerCase()));
        for (const name of Object.keys(headers)) {
            if (!known.has(name) && !OF_HTTP.has(name) && !name.startsWith(':')) {
                throw new Error(`the field ${name} is not documented`);
            }
        }
    }

    #checkBody(response, pointer, method, headers, bytes) {
        const type = headers['content-type'];
        if (response.content === undefined) {
            if (bytes.length > 0 || type !== undefined) {
                throw new Error('a body where none is documented');
            }
            return;
        }
        const media = Object.keys(response.content).find((one) => one === type?.toLowerCase());
        if (media === undefined) {
            throw new Error(`the type ${type} is not documented`);
        }
        if (method === 'HEAD') {
            if (bytes.length > 0) {
                throw new Error('a body after HEAD');
            }
            return;
        }
        if (BINARY.has(media)) {
            return;
        }
        const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        this.#validate(`${pointer}/content/${media.replaceAll('/', '~1')
            .replaceAll(' ', '%20')}/schema`,
        /json$/.test(media) ? JSON.parse(text) : text, 'the body');
    }

    #faultOf(response, pointer, method, headers, bytes) {
        try {
            this.#checkFields(response, pointer, headers);
            this.#checkBody(response, pointer, method, headers, bytes);
            return null;
        } catch (error) {
            return error;
        }
    }

    // Throws when the response is not what is documented.
    check({ method = 'GET', path: target, off = false }, { status, headers, bytes }) {
        const [address] = target.split('?', 1);
        try {
            const rows = this.#documented(method, address, status, off);
            const faults = rows.map(([response, pointer]) =>
                this.#faultOf(response, pointer, method, headers, bytes));
            if (!faults.includes(null)) { // one that fits is enough
                throw faults[0];
            }
        } catch (error) {
            throw new Error(`${method} ${target} -> ${status} is not as ${this.#file} says: ` +
                `${error.message}\n${bytes.subarray(0, 2000)}`, { cause: error });
        }
    }
}

// Reading YAML takes longer than all the rest: the first test file leaves the others the JSON.
export async function readDocument(document = documentPath) {
    const text = readFileSync(document, 'utf8');
    const mark = createHash('sha256').update(text).digest('hex').slice(0, 16);
    const file = path.join(workFolder, `${path.basename(document, '.yaml')}-${mark}.json`);
    if (!existsSync(file)) {
        const { parse } = await import('yaml');
        mkdirSync(workFolder, { recursive: true });
        writeFileSync(`${file}.${process.pid}`, JSON.stringify(parse(text)));
        renameSync(`${file}.${process.pid}`, file);
    }
    return JSON.parse(readFileSync(file, 'utf8'));
}

const contracts = new Map();

function contractAt(address) {
    const file = address.startsWith('/osia/') ? osiaPath : documentPath;
    if (!contracts.has(file)) {
        contracts.set(file, readDocument(file).then((doc) => new Contract(doc, file)));
    }
    return contracts.get(file);
}

export async function checkResponse(request, response) {
    counts.checked++;
    counts.off += request.off ? 1 : 0;
    const whole = await contractAt(request.path);
    try {
        whole.check(request, response);
    } catch (error) {
        counts.wrong.push(error.message);
        throw error;
    }
}

// ./test adds up what each test file has checked, and knows what went wrong where a test took an
// error for a server that is gone.
process.on('exit', () => {
    const file = process.env.DANCU_CONTRACT_COUNTS;
    if (file && counts.checked > 0) {
        const { checked, off, wrong } = counts;
        appendFileSync(file, `${checked} ${off} ${wrong.length}\n`);
        if (wrong.length > 0) {
            appendFileSync(`${file}-wrong`, `${wrong.slice(0, 20).join('\n')}\n`);
        }
    }
});
