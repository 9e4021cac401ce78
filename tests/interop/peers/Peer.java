/*
 * Bouncy Castle as a peer: reads jobs from a file, does each, and writes what became of it.
 *
 *	java -cp … Peer JOBS RESULTS
 *
 * A job is a line of fields with tabs between them:
 *
 *	ID sign      IN OUT KEY CERT ALGORITHM attached|detached
 *	ID verify    IN OUT CONTENT (or -)
 *	ID encrypt   IN OUT CERT HOW CIPHER
 *	ID decrypt   IN OUT KEY CERT
 *	ID protect   IN OUT KEY CERT ALGORITHM CERT HOW CIPHER
 *	ID open      IN OUT KEY CERT
 *	ID compress  IN OUT
 *
 * HOW is pkcs1, oaep, ecdh, cofactor or x25519, with a digest behind it ("ecdh sha512") unless it is sha256.
 * CMS comes and goes in DER, keys in PKCS #8, certificates in DER. A result is a line: ID, a tab, and
 * "ok" or what Bouncy Castle says.
 */
import java.io.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.*;
import java.util.*;
import javax.crypto.spec.*;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.cms.*;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.*;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.*;
import org.bouncycastle.operator.jcajce.*;
import org.bouncycastle.util.Store;

public final class Peer {
	private static final Provider BC = new BouncyCastleProvider();

	private static byte[] read(String path) throws IOException { return Files.readAllBytes(Path.of(path)); }

	private static PrivateKey key(String path) throws Exception {
		return BouncyCastleProvider.getPrivateKey(PrivateKeyInfo.getInstance(read(path)));
	}

	private static X509Certificate cert(String path) throws Exception {
		return (X509Certificate) CertificateFactory.getInstance("X.509", BC)
			.generateCertificate(new ByteArrayInputStream(read(path)));
	}

	private static byte[] sign(byte[] content, String key, String cert, String algorithm, boolean attached)
			throws Exception {
		X509Certificate leaf = cert(cert);
		CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
		ContentSigner signer = new JcaContentSignerBuilder(algorithm).setProvider(BC).build(key(key));
		generator.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(
			new JcaDigestCalculatorProviderBuilder().setProvider(BC).build()).build(signer, leaf));
		generator.addCertificates(new JcaCertStore(List.of(leaf)));
		return generator.generate(new CMSProcessableByteArray(content), attached).getEncoded();
	}

	private static byte[] verify(byte[] der, byte[] content) throws Exception {
		CMSSignedData data = content == null ? new CMSSignedData(der)
			: new CMSSignedData(new CMSProcessableByteArray(content), der);
		Store<X509CertificateHolder> certs = data.getCertificates();
		for (SignerInformation signer : data.getSignerInfos().getSigners()) {
			@SuppressWarnings("unchecked")
			X509CertificateHolder holder =
				(X509CertificateHolder) certs.getMatches(signer.getSID()).iterator().next();
			if (!signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider(BC).build(holder)))
				throw new CMSException("the signature does not verify");
		}
		return content != null ? content : (byte[]) data.getSignedContent().getContent();
	}

	private static ASN1ObjectIdentifier cipher(String name) {
		switch (name) {
		case "aes-128-cbc": return CMSAlgorithm.AES128_CBC;
		case "aes-256-cbc": return CMSAlgorithm.AES256_CBC;
		case "aes-128-gcm": return CMSAlgorithm.AES128_GCM;
		case "aes-256-gcm": return CMSAlgorithm.AES256_GCM;
		case "3des": return CMSAlgorithm.DES_EDE3_CBC;
		case "chacha20-poly1305": return new ASN1ObjectIdentifier("1.2.840.113549.1.9.16.3.18");
		default: throw new IllegalArgumentException("no cipher " + name);
		}
	}

	private static ASN1ObjectIdentifier scheme(boolean cofactor, String digest) {
		switch (digest) {
		case "sha1": return cofactor ? CMSAlgorithm.ECCDH_SHA1KDF : CMSAlgorithm.ECDH_SHA1KDF;
		case "sha384": return cofactor ? CMSAlgorithm.ECCDH_SHA384KDF : CMSAlgorithm.ECDH_SHA384KDF;
		case "sha512": return cofactor ? CMSAlgorithm.ECCDH_SHA512KDF : CMSAlgorithm.ECDH_SHA512KDF;
		default: return cofactor ? CMSAlgorithm.ECCDH_SHA256KDF : CMSAlgorithm.ECDH_SHA256KDF;
		}
	}

	private static RecipientInfoGenerator recipient(X509Certificate cert, String how, String cipher)
			throws Exception {
		String digest = how.contains(" ") ? how.substring(how.indexOf(' ') + 1) : "sha256";
		if (how.equals("pkcs1"))
			return new JceKeyTransRecipientInfoGenerator(cert).setProvider(BC);
		if (how.startsWith("oaep")) {
			String hash = digest.replace("sha", "SHA-");
			return new JceKeyTransRecipientInfoGenerator(cert, new JcaAlgorithmParametersConverter()
				.getAlgorithmIdentifier(org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers.id_RSAES_OAEP,
					new OAEPParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash),
						PSource.PSpecified.DEFAULT))).setProvider(BC);
		}
		boolean edwards = how.equals("x25519");
		KeyPairGenerator generator = KeyPairGenerator.getInstance(edwards ? "X25519" : "EC", BC);
		if (!edwards)
			generator.initialize(((java.security.interfaces.ECPublicKey) cert.getPublicKey()).getParams());
		KeyPair pair = generator.generateKeyPair();
		/* RFC 8418: dhSinglePass-stdDH-hkdf-sha256-scheme */
		ASN1ObjectIdentifier scheme = edwards ? new ASN1ObjectIdentifier("1.2.840.113549.1.9.16.3.19")
			: scheme(how.startsWith("cofactor"), digest);
		return new JceKeyAgreeRecipientInfoGenerator(scheme, pair.getPrivate(), pair.getPublic(),
			cipher.contains("128") ? CMSAlgorithm.AES128_WRAP : CMSAlgorithm.AES256_WRAP)
			.addRecipient(cert).setProvider(BC);
	}

	private static byte[] encrypt(byte[] content, String cert, String how, String cipher) throws Exception {
		CMSTypedData data = new CMSProcessableByteArray(content);
		OutputEncryptor encryptor =
			new JceCMSContentEncryptorBuilder(cipher(cipher)).setProvider(BC).build();
		if (cipher.endsWith("cbc") || cipher.equals("3des")) {
			CMSEnvelopedDataGenerator generator = new CMSEnvelopedDataGenerator();
			generator.addRecipientInfoGenerator(recipient(cert(cert), how, cipher));
			return generator.generate(data, encryptor).getEncoded();
		}
		CMSAuthEnvelopedDataGenerator generator = new CMSAuthEnvelopedDataGenerator();
		generator.addRecipientInfoGenerator(recipient(cert(cert), how, cipher));
		return generator.generate(data, (OutputAEADEncryptor) encryptor).getEncoded();
	}

	/* Not every version has it: then it is the one that says so. */
	private static Recipient agreeing(PrivateKey secret) throws Exception {
		return (Recipient) Class.forName("org.bouncycastle.cms.jcajce.JceKeyAgreeAuthEnvelopedRecipient")
			.getConstructor(PrivateKey.class).newInstance(secret);
	}

	private static byte[] decrypt(byte[] der, String key, String cert) throws Exception {
		ContentInfo info = ContentInfo.getInstance(der);
		boolean aead = info.getContentType().equals(CMSObjectIdentifiers.authEnvelopedData);
		RecipientInformationStore store = aead ? new CMSAuthEnvelopedData(der).getRecipientInfos()
			: new CMSEnvelopedData(der).getRecipientInfos();
		PrivateKey secret = key(key);
		for (RecipientInformation each : store.getRecipients()) {
			if (each instanceof KeyTransRecipientInformation)
				return each.getContent(aead ? new JceKeyTransAuthEnvelopedRecipient(secret).setProvider(BC)
					: new JceKeyTransEnvelopedRecipient(secret).setProvider(BC));
			if (each instanceof KeyAgreeRecipientInformation)
				return each.getContent(aead ? agreeing(secret)
					: new JceKeyAgreeEnvelopedRecipient(secret).setProvider(BC));
		}
		throw new CMSException("no recipient that is read");
	}

	/* An entity application/pkcs7-mime in base64, both ways. */
	private static byte[] entity(byte[] der) {
		return ("Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
			+ "Content-Transfer-Encoding: base64\r\n\r\n" + Base64.getMimeEncoder().encodeToString(der)
			+ "\r\n").getBytes(StandardCharsets.US_ASCII);
	}

	private static byte[] body(byte[] entity) {
		String text = new String(entity, StandardCharsets.ISO_8859_1);
		return Base64.getMimeDecoder().decode(text.substring(text.indexOf("\r\n\r\n") + 4));
	}

	private static byte[] run(String[] f) throws Exception {
		byte[] in = read(f[2]);
		switch (f[1]) {
		case "sign": return sign(in, f[4], f[5], f[6], f[7].equals("attached"));
		case "verify": return verify(in, f[4].equals("-") ? null : read(f[4]));
		case "encrypt": return encrypt(in, f[4], f[5], f[6]);
		case "decrypt": return decrypt(in, f[4], f[5]);
		case "protect": return encrypt(entity(sign(in, f[4], f[5], f[6], true)), f[7], f[8], f[9]);
		case "open": return verify(body(decrypt(in, f[4], f[5])), null);
		case "compress": return new CMSCompressedDataGenerator().generate(new CMSProcessableByteArray(in),
			new ZlibCompressor()).getEncoded();
		default: throw new IllegalArgumentException("no job " + f[1]);
		}
	}

	public static void main(String[] args) throws Exception {
		Security.addProvider(BC);
		try (PrintWriter results = new PrintWriter(args[1], StandardCharsets.UTF_8)) {
			for (String line : Files.readAllLines(Path.of(args[0]))) {
				String[] fields = line.split("\t");
				String said = "ok";
				try {
					Files.write(Path.of(fields[3]), run(fields));
				} catch (Exception | LinkageError e) {
					Throwable cause = e;
					while (cause.getCause() != null)
						cause = cause.getCause();
					said = cause.getClass().getSimpleName() + ": " + cause.getMessage();
				}
				results.println(fields[0] + "\t" + said.replaceAll("\\s+", " ").replaceAll("org\\.bouncycastle\\.[a-z.]*", ""));
			}
		}
	}
}
