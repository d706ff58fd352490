package main

import "syscall"

// freeOn is how many bytes a folder's disk has left for us. known is false where nobody can say.
func freeOn(folder string) (free uint64, known bool) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(folder, &stat); err != nil {
		return 0, false
	}
	return stat.Bavail * uint64(stat.Bsize), true
}

// networkDisks are file systems of other machines, by the numbers that statfs(2) has for them.
var networkDisks = map[uint32]string{
	0x6969: "NFS", 0x517b: "SMB", 0xff534d42: "CIFS", 0xfe534d42: "SMB2", 0x01021997: "9P", 0x5346414f: "AFS", 0x00c36400: "Ceph", 0x65735546: "FUSE",
}

// networkDisk says whether a folder is on a disk of another machine, or may be.
func networkDisk(folder string) (kind string, network bool) {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(folder, &stat); err != nil {
		return "", false
	}
	kind, network = networkDisks[uint32(stat.Type)]
	return kind, network
}
