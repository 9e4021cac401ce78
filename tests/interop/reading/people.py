"""The certificates that the cases use, made once in the working folder."""
from bench import authority, person, run, write, read


def make():
    authority("ca", "/CN=Reading CA/O=Example, Inc.")
    authority("other", "/CN=Other CA")
    person("alice", "alice@example.com")
    person("alice-rsa", "alice@example.com", kind="rsa")
    person("bob", "bob@example.com")
    person("bob-rsa", "bob@example.com", kind="rsa")
    person("carol", "carol@example.com")
    person("mallory", "mallory@evil.example")
    person("stranger", "alice@example.com", issuer="other")
    person("nobody", None)
    person("dnonly", None, subject="/CN=Alice/emailAddress=alice@example.com")
    person("dnboth", "other@example.com", subject="/CN=Alice/emailAddress=alice@example.com")
    person("idn", "anna@xn--bcher-kva.example")
    person("plus", "alice+tag@example.com")
    person("upper", "Alice@EXAMPLE.com")
    person("mixed", "anna@xn--exmple-4nf.com")
    person("double", "anna@xn--80ak6aa92e.com")
    person("two", "email:alice@example.com,email:second@example.com")
    person("expired", "alice@example.com", dates=("-startdate", "20200101000000Z", "-enddate",
                                                   "20210101000000Z"))
    person("future", "alice@example.com", dates=("-startdate", "20400101000000Z", "-enddate",
                                                  "20410101000000Z"))
    person("usage", "alice@example.com", keyUsage="keyEncipherment,keyAgreement")
    person("eku", "alice@example.com", extendedKeyUsage="serverAuth")
    person("anyeku", "alice@example.com", extendedKeyUsage="anyExtendedKeyUsage")
    person("plain", "alice@example.com", keyUsage=None, extendedKeyUsage=None)
    person("revoked", "alice@example.com")
    authority("sub", "/CN=Sub CA", under="ca")
    person("below", "alice@example.com", issuer="sub")
    run("openssl", "ca", "-config", "ca.cnf", "-cert", "ca.crt", "-keyfile", "ca.key", "-revoke",
        "revoked.crt", "-crl_reason", "keyCompromise")
    run("openssl", "ca", "-config", "ca.cnf", "-cert", "ca.crt", "-keyfile", "ca.key", "-gencrl", "-out",
        "ca.crl")
    run("openssl", "crl", "-in", "ca.crl", "-outform", "DER", "-out", "ca.crl.der")
    run("openssl", "x509", "-in", "ca.crt", "-outform", "DER", "-out", "ca.der")
    run("openssl", "crl2pkcs7", "-nocrl", "-certfile", "ca.crt", "-outform", "DER", "-out", "ca.p7b")
    run("openssl", "crl2pkcs7", "-nocrl", "-certfile", "ca.crt", "-certfile", "sub.crt", "-outform", "PEM",
        "-out", "both.p7b")
    write("none.crt", read("other.crt"))
