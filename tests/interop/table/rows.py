"""The rows of the table: one line each. A row that signet or a peer learns is added here."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Row:
    group: str
    form: str        # clear, opaque, encrypted, rewrapped, protected, compressed
    key: str         # of the signer, or of the recipient; certificates are made for each
    transport: str   # pkcs1, oaep, ecdh, x25519; with another digest behind it
    cipher: str
    read_only: bool  # signet reads it, and does not write it

    @property
    def name(self):
        words = {"clear": f"{self.key}, clear-signed", "opaque": f"{self.key}, opaque",
                 "compressed": "zlib", "protected": f"{self.key}, {self.transport}, {self.cipher}",
                 "encrypted": f"{self.key}, {self.transport}, {self.cipher}",
                 "rewrapped": f"{self.key}, {self.transport}, {self.cipher}"}
        return words[self.form]


def signed(key):
    return [Row("signed", form, key, "", "", False) for form in ("clear", "opaque")]


def encrypted(key, transport, cipher, read_only=False):
    return [Row("encrypted", "encrypted", key, transport, cipher, read_only)]


def rewrapped(key, transport, cipher):
    """Given other recipients by signet: to the key before the peer reads it, and from it after it wrote."""
    return [Row("rewrapped", "rewrapped", key, transport, cipher, False)]


def protected(key, transport, cipher):
    return [Row("signed, then encrypted", "protected", key, transport, cipher, False)]


ROWS = [
    *signed("rsa-2048"),
    *signed("rsa-3072"),
    *signed("rsa-pss"),
    *signed("p-256"),
    *signed("p-384"),
    *signed("p-521"),
    *signed("ed25519"),
    *signed("ed448"),
    *encrypted("rsa-2048", "pkcs1", "aes-128-cbc"),
    *encrypted("rsa-2048", "pkcs1", "aes-256-cbc"),
    *encrypted("rsa-2048", "pkcs1", "aes-128-gcm"),
    *encrypted("rsa-2048", "pkcs1", "aes-256-gcm"),
    *encrypted("rsa-2048", "pkcs1", "3des", read_only=True),
    *encrypted("rsa-3072", "oaep", "aes-128-cbc"),
    *encrypted("rsa-3072", "oaep", "aes-256-gcm"),
    *encrypted("rsa-3072", "oaep sha1", "aes-256-cbc", read_only=True),
    *encrypted("rsa-3072", "oaep sha512", "aes-256-cbc", read_only=True),
    *encrypted("p-256", "ecdh sha1", "aes-128-cbc", read_only=True),
    *encrypted("p-256", "ecdh sha384", "aes-256-gcm", read_only=True),
    *encrypted("p-384", "ecdh sha512", "aes-256-cbc", read_only=True),
    *encrypted("p-256", "cofactor sha256", "aes-128-cbc", read_only=True),
    *encrypted("p-256", "ecdh", "aes-128-cbc"),
    *encrypted("p-256", "ecdh", "aes-256-cbc"),
    *encrypted("p-256", "ecdh", "aes-256-gcm"),
    *encrypted("p-384", "ecdh", "aes-256-cbc"),
    *encrypted("p-384", "ecdh", "aes-256-gcm"),
    *encrypted("p-521", "ecdh", "aes-256-cbc"),
    *encrypted("x25519", "x25519", "aes-128-cbc"),
    *encrypted("x25519", "x25519", "aes-256-gcm"),
    *rewrapped("rsa-2048", "pkcs1", "aes-128-cbc"),
    *rewrapped("rsa-3072", "oaep", "aes-256-gcm"),
    *rewrapped("p-256", "ecdh", "aes-256-cbc"),
    *rewrapped("p-384", "ecdh", "aes-256-gcm"),
    *protected("rsa-2048", "pkcs1", "aes-128-cbc"),
    *protected("rsa-2048", "pkcs1", "aes-256-gcm"),
    *protected("p-256", "ecdh", "aes-128-cbc"),
    *protected("p-256", "ecdh", "aes-256-gcm"),
    Row("compressed", "compressed", "", "", "", True),
]
