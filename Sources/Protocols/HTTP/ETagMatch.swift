// SPDX-License-Identifier: Apache-2.0

/// Compares entity tags. RFC 9110 §8.8.3, §13.1.2.
public enum ETagMatch {
    /// Whether `If-None-Match` names the representation that the server would send: then a GET is
    /// answered 304. Weak comparison: `W/` does not count. A malformed list matches nothing after the
    /// place where it breaks.
    /// - Parameter etag: The representation's tag, quotes and all.
    public static func matches(ifNoneMatch header: String, etag: String) -> Bool {
        let wanted = opaque(Array(etag.utf8)[...])
        var rest = Array(header.utf8)[...].trimmed
        if rest.elementsEqual("*".utf8) { return true }
        while let tag = nextTag(&rest) {
            if tag == wanted { return true }
        }
        return false
    }

    /// Takes the next tag of the list, without `W/`.
    private static func nextTag(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        rest = rest.drop { ASCII.isWhitespace($0) || $0 == UInt8(ascii: ",") }
        let text = opaque(rest)
        // A tag may hold a comma, so the closing quote ends it and nothing else.
        guard text.first == UInt8(ascii: "\""),
            let end = text.dropFirst().firstIndex(of: UInt8(ascii: "\""))
        else { return nil }
        rest = text[(end + 1)...].trimmed
        guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return nil }
        return text[...end]
    }

    private static func opaque(_ tag: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        tag.starts(with: "W/".utf8) ? tag.dropFirst(2) : tag
    }
}
