// SPDX-License-Identifier: Apache-2.0
internal import Datagrams
internal import EngineKit
internal import EventLoops
internal import NetworkAddresses
internal import PacketCiphers
internal import TLS

/// What all participants of a run share. On the loop's thread, but for what never changes.
@safe final class LoadSite {
    let loop: EventLoop
    let batch = DatagramBatch()
    let identity: DTLSIdentity
    let context: DTLSContext
    let ciphers = FastestCiphers()
    let digests = OpenSSLDigests()
    /// The server's address as seen from here, or rather our own towards it.
    let ownIP: IPAddress
    /// Holds what is decrypted, and what is being written.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
    let output = UnsafeMutableRawBufferPointer.allocate(byteCount: 2_048, alignment: 16)
    private var random = SystemRandomSource()
    private var lastSSRC: UInt32

    /// Durations of packets on their way through the server, while it is measured.
    var isMeasuring = false
    var audioDelay = Histogram()
    var videoDelay = Histogram()

    init(loop: EventLoop, ownIP: IPAddress) throws(TLSError) {
        self.loop = loop
        self.ownIP = ownIP
        identity = try DTLSIdentity(at: .system())
        context = try DTLSContext(media: identity)
        var random = SystemRandomSource()
        lastSSRC = random.nextBytes(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    deinit {
        unsafe scratch.deallocate()
        unsafe output.deallocate()
    }

    func nextSSRC() -> UInt32 {
        lastSSRC = lastSSRC &* 1_664_525 &+ 1_013_904_223
        return lastSSRC
    }

    func random64() -> UInt64 { random.nextBytes(8).reduce(0) { $0 << 8 | UInt64($1) } }

    /// Makes names and passwords for ICE.
    func withRandom<Value>(_ body: (inout SystemRandomSource) -> Value) -> Value { body(&random) }
}
