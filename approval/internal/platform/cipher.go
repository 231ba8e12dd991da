package platform

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
)

// ErrSealed is the error of an envelope that the key does not open.
var ErrSealed = errors.New("the key does not open the envelope")

// Open decrypts AES-CBC and takes the padding of PKCS #7 off, of blocks of up to 32 bytes.
// It proves nothing about who wrote the text: check the signature first.
func Open(key, iv, sealed []byte) ([]byte, error) {
	block, err := aes.NewCipher(key)
	if err != nil || len(iv) != aes.BlockSize || len(sealed) == 0 || len(sealed)%aes.BlockSize != 0 {
		return nil, ErrSealed
	}
	text := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(text, sealed)
	pad := int(text[len(text)-1])
	if pad < 1 || pad > 32 || pad > len(text) {
		return nil, ErrSealed
	}
	for _, b := range text[len(text)-pad:] {
		if int(b) != pad {
			return nil, ErrSealed
		}
	}
	return text[:len(text)-pad], nil
}

// Seal is the counterpart of Open: it pads text to blocks of block bytes, 16 or 32.
func Seal(key, iv, text []byte, block int) ([]byte, error) {
	c, err := aes.NewCipher(key)
	if err != nil || len(iv) != aes.BlockSize || block != 16 && block != 32 {
		return nil, errors.New("not a key, or not a size of blocks")
	}
	pad := block - len(text)%block
	padded := make([]byte, len(text)+pad)
	for i := copy(padded, text); i < len(padded); i++ {
		padded[i] = byte(pad)
	}
	cipher.NewCBCEncrypter(c, iv).CryptBlocks(padded, padded)
	return padded, nil
}
