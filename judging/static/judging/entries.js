// Where a juror's unsent scores lie on the device: in the browser's database, and in simpler places where it has none.
// An entry is an object with an `id`; nothing here knows what it means.

const DATABASE = "estrade-outbox";
const OPEN_MS = 2000;

const answered = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function connect() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore("entries", { keyPath: "id" });
  return answered(request);
}

class IndexedEntries {
  static async open() {
    return new IndexedEntries(await connect());
  }

  constructor(database) {
    this.database = database;
  }

  // Some browsers close the connection of a page in the background: open it anew, once.
  async using(work) {
    try {
      return await work(this.database);
    } catch (error) {
      if (error?.name !== "InvalidStateError") throw error;
      this.database = await connect();
      return work(this.database);
    }
  }

  all() {
    return this.using((database) => answered(database.transaction("entries").objectStore("entries").getAll()));
  }

  // Resolves when the change is on the disk, not merely asked for.
  write(change) {
    return this.using(
      (database) =>
        new Promise((resolve, reject) => {
          const transaction = database.transaction("entries", "readwrite", { durability: "strict" });
          transaction.oncomplete = () => resolve();
          transaction.onerror = transaction.onabort = () => reject(transaction.error);
          change(transaction.objectStore("entries"));
        }),
    );
  }

  put(entry) {
    return this.write((entries) => entries.put(entry));
  }

  remove(id) {
    return this.write((entries) => entries.delete(id));
  }
}

class LocalEntries {
  constructor() {
    this.prefix = `${DATABASE}:`;
  }

  async all() {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
    return keys.flatMap((key) => {
      try {
        return [JSON.parse(localStorage.getItem(key))];
      } catch {
        return []; // One spoiled entry hides none of the others.
      }
    });
  }

  async put(entry) {
    localStorage.setItem(this.prefix + entry.id, JSON.stringify(entry));
  }

  async remove(id) {
    localStorage.removeItem(this.prefix + id);
  }
}

// A browser that stores nothing at all still sends what was tapped, as long as the page is open.
class MemoryEntries {
  constructor() {
    this.held = new Map();
  }

  async all() {
    return [...this.held.values()];
  }

  async put(entry) {
    this.held.set(entry.id, entry);
  }

  async remove(id) {
    this.held.delete(id);
  }
}

// What could not go into the database goes beside it; what lies in either place is read.
export class Entries {
  static async open() {
    const others = [new LocalEntries(), new MemoryEntries()];
    const tooLong = new Promise((resolve, reject) => setTimeout(reject, OPEN_MS));
    try {
      return new Entries([await Promise.race([IndexedEntries.open(), tooLong]), ...others]);
    } catch {
      return new Entries(others);
    }
  }

  constructor(places) {
    this.places = places;
  }

  async all() {
    const found = await Promise.all(this.places.map((place) => place.all().catch(() => [])));
    return found.flat();
  }

  async put(entry) {
    for (const place of this.places.slice(0, -1)) {
      try {
        await place.put(entry);
        return;
      } catch {
        // A private window may refuse the database halfway: the next place keeps the same promise.
      }
    }
    await this.places.at(-1).put(entry);
  }

  async remove(id) {
    await Promise.all(this.places.map((place) => place.remove(id).catch(() => {})));
  }
}
