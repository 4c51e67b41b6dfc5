// What JSON.parse makes of bytes, in the canonical form of RFC 8785 written the short way: members
// in the order of their UTF-16 code units, which is how JavaScript sorts, and JSON.stringify's strings.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function canonical(value) {
    if (Array.isArray(value)) {
        return `[${value.map(canonical).join(',')}]`;
    }
    if (value !== null && typeof value === 'object') {
        return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
            .join(',')}}`;
    }
    return JSON.stringify(value);
}

export function canonicalByNode(bytes) {
    try {
        return { canonical: Buffer.from(canonical(JSON.parse(utf8.decode(bytes)))).toString('latin1') };
    } catch (error) {
        return { error: error.message };
    }
}
