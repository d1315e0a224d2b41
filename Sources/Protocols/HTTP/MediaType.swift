// SPDX-License-Identifier: Apache-2.0

/// The types of the files a web client is made of. RFC 9110 §8.3.
public enum MediaType {
    /// The value of `Content-Type`; `application/octet-stream` for extensions not known here.
    /// - Parameter pathExtension: What follows the last dot, in either case: `html`, `woff2`.
    public static func of(pathExtension: String) -> String {
        switch pathExtension.lowercased() {
        case "html", "htm": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "json", "map": "application/json"
        case "webmanifest": "application/manifest+json"
        case "txt": "text/plain; charset=utf-8"
        case "md": "text/markdown; charset=utf-8"
        case "xml": "application/xml"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "gif": "image/gif"
        case "webp": "image/webp"
        case "avif": "image/avif"
        case "ico": "image/x-icon"
        case "woff": "font/woff"
        case "woff2": "font/woff2"
        case "wasm": "application/wasm"
        case "mp3": "audio/mpeg"
        case "ogg", "opus": "audio/ogg"
        case "wav": "audio/wav"
        case "mp4": "video/mp4"
        case "webm": "video/webm"
        case "pdf": "application/pdf"
        case "zip": "application/zip"
        case "crt", "cer": "application/x-x509-ca-cert"
        default: "application/octet-stream"
        }
    }
}
