// https://developer.apple.com/documentation/coremedia
@_exported import CoreVideo

// https://developer.apple.com/documentation/coremedia/cmsamplebuffer
public final class CMSampleBuffer {}
// https://developer.apple.com/documentation/coremedia/cmtime
public struct CMTime: Sendable {}
// https://developer.apple.com/documentation/coremedia/cmsamplebuffergetimagebuffer(_:)
public func CMSampleBufferGetImageBuffer(_ sbuf: CMSampleBuffer) -> CVImageBuffer? { nil }
// https://developer.apple.com/documentation/coremedia/cmsamplebuffergetpresentationtimestamp(_:)
public func CMSampleBufferGetPresentationTimeStamp(_ sbuf: CMSampleBuffer) -> CMTime { CMTime() }
// https://developer.apple.com/documentation/coremedia/cmtimegetseconds(_:)
public func CMTimeGetSeconds(_ time: CMTime) -> Float64 { 0 }
