// How much a page transfers, images aside, when nothing of it is in the cache.

export class Traffic {
  bytes = 0;
  /** Bytes by address. */
  parts = {};

  static async of(page) {
    const traffic = new Traffic();
    const session = await page.context().newCDPSession(page);
    const requests = new Map();
    await session.send('Network.enable');
    await session.send('Network.setCacheDisabled', { cacheDisabled: true });
    session.on('Network.requestWillBeSent', ({ requestId, type, request, redirectResponse }) => {
      if (type === 'Document' && !redirectResponse) {
        requests.clear();
        traffic.bytes = 0;
        traffic.parts = {};
      }
      requests.set(requestId, { type, url: request.url });
    });
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      const request = requests.get(requestId);
      if (!request || request.type === 'Image') return;
      traffic.bytes += encodedDataLength;
      traffic.parts[new URL(request.url).pathname] = encodedDataLength;
    });
    return traffic;
  }
}
