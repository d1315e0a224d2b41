// SPDX-License-Identifier: Apache-2.0

internal import CFuzzer
internal import Glibc

/// Runs `property` on one input after another, as the arguments of the program say, and ends it.
///
/// A trap inside `property` is a finding, and so is a broken ``promise(_:_:)``.
public func fuzz(_ property: @escaping ([UInt8]) -> Void) -> Never {
    unsafe Fuzzer.property = property
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe CommandLine.unsafeArgv
    unsafe exit(LLVMFuzzerRunDriver(&count, &arguments, runProperty))
}

/// libFuzzer's own `main`, which comes along in its archive and is not used, wants this name.
@_cdecl("LLVMFuzzerTestOneInput")
func runProperty(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    unsafe Fuzzer.property(Array(UnsafeBufferPointer(start: start, count: count)))
    // The input may join the corpus.
    return 0
}

/// What the callback cannot capture. libFuzzer calls it from the thread that started it.
private enum Fuzzer {
    nonisolated(unsafe) static var property: ([UInt8]) -> Void = { _ in }
}

/// The value that `body` returns, or `nil` when it throws.
public func accepted<Value>(_ body: () throws -> Value) -> Value? { try? body() }

/// Stops the fuzzer when something that always holds does not.
public func promise(_ holds: Bool, _ sentence: String) {
    guard holds else { fatalError(sentence) }
}
