// SPDX-License-Identifier: Apache-2.0
internal import Deflate

extension StaticSite {
    /// A part of a page that another server's operator may want otherwise. `scripts/bundle-web` finds them.
    public struct Place: Hashable, Sendable {
        public enum Kind: String, Sendable {
            /// What the service is called: text, in an element or an attribute.
            case name
            /// The attributes of the element that names the page's icon.
            case icon
            /// The whole element that names the icon of a home screen.
            case touchIcon = "touch-icon"
            /// The address of the logo.
            case logo
            /// The colour of the browser's own parts.
            case darkTheme = "dark-theme"
            case lightTheme = "light-theme"
            /// Nothing, at the end of the head.
            case styles
            /// Nothing, where links may stand.
            case links
            /// The sentence below the home page's heading.
            case welcome
            /// The home page's title.
            case title
            /// What is said of no service with a name of its own.
            case ours
            /// What makes the service worker another one.
            case version
        }

        public let kind: Kind
        /// In bytes.
        public let range: Range<Int>
        /// What may be said there, in the language of the page.
        public let words: [String: String]

        public init(_ kind: Kind, _ range: Range<Int>, words: [String: String] = [:]) {
            self.kind = kind
            self.range = range
            self.words = words
        }
    }

    /// The site with other bytes in the places of its files.
    ///
    /// - Parameters:
    ///   - tag: Tells what was put in from anything else; part of the entity tags. RFC 9110 §8.8.3
    ///   - text: `nil` leaves what is there.
    public func filled(tag: String, _ text: (Place) -> String?) -> StaticSite {
        var site = self
        site.files = files.mapValues { $0.filled(tag: tag, text) }
        site.translations = translations.mapValues { pages in
            pages.mapValues { $0.filled(tag: tag, text) }
        }
        return site
    }

    /// Adds or replaces a file that is the same in all languages. Its type is that of the path's ending.
    public mutating func set(_ path: String, to bytes: [UInt8], tag: String) {
        files[path] = File(plain: bytes, etag: "\"\(tag)\"")
    }

    public mutating func remove(_ path: String) { files[path] = nil }
}

extension StaticSite.File {
    /// Compressed here if that pays: not as well as when the program is built, but that was not known then.
    fileprivate init(plain: [UInt8], etag: String) {
        let gzip = Gzip.compress(plain).flatMap { $0.count * 10 < plain.count * 9 ? $0 : nil }
        self.init(etag: etag, identity: .keeping(plain), gzip: gzip.map(StaticBytes.keeping))
    }

    fileprivate func filled(tag: String, _ text: (StaticSite.Place) -> String?) -> Self {
        guard !places.isEmpty else { return self }
        let old = identity.array
        var new: [UInt8] = []
        var end = 0
        for place in places where place.range.lowerBound >= end && place.range.upperBound <= old.count {
            guard let text = text(place) else { continue }
            new += old[end..<place.range.lowerBound]
            new += text.utf8
            end = place.range.upperBound
        }
        new += old[end...]
        return Self(plain: new, etag: "\(etag.dropLast())-\(tag)\"")
    }
}
